//! The identities of a user: who they are at providers, listed and unlinked. The last way to sign in is not unlinked by
//! its owner.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Changed, Letter};
use crate::domain::people;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::{CredentialAdmin, OwnSession};
use crate::domain::session::recency::{self, Lasting};
use crate::domain::session::standing::needs_second_factor;
use crate::domain::tenants::{self, Tenant};
use crate::model::factor::has_two;
use crate::model::reason::Reason;
pub(crate) use crate::store::identities::LinkedIdentity;
use crate::store::identities::Ways;
use crate::store::users::User;
use crate::store::{self, Listed, Page};

/// The conflict over the last way to sign in.
pub(crate) const LAST_WAY: Refusal = Refusal::Conflict("it is the only way to sign in to the account");

const SEVERAL: Refusal =
    Refusal::Conflict("there are several of that provider: say which by its subject or id");

/// Which of a user's identities.
pub(crate) enum Which<'a> {
    /// That of this id, or the only one of the provider of this id.
    Named(&'a str),
    /// That of a provider and subject, or the only one of the provider.
    At(Option<&'a str>, Option<&'a str>),
}

/// A page of a user's identities, by id.
pub(crate) async fn list(
    cx: &Cx,
    tenant: &Tenant,
    user_id: &str,
    page: &Page,
) -> Result<Listed<LinkedIdentity>, Error> {
    Ok(store::identities::list(cx.db.as_ref(), &tenant.id, user_id, page).await?)
}

/// A page of the identities of a user of the tenant.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn list_of(
    cx: &Cx,
    tenant: &Tenant,
    user_id: &str,
    page: &Page,
) -> Result<Listed<LinkedIdentity>, Error> {
    people::find(cx, tenant, user_id).await?;
    list(cx, tenant, user_id, page).await
}

async fn find(cx: &Cx, user: &User, which: Which<'_>) -> Result<LinkedIdentity, Error> {
    let fits = |one: &LinkedIdentity| match which {
        Which::Named(name) => one.id == name || one.provider_id == name,
        Which::At(provider, subject) => {
            Some(one.provider_id.as_str()) == provider && subject.is_none_or(|subject| one.subject == subject)
        }
    };
    if matches!(which, Which::At(None, _)) {
        return Err(invalid("provider", Reason::Missing));
    }
    let whole = Page { limit: 100, after: None };
    let all = store::identities::list(cx.db.as_ref(), &user.tenant_id, &user.id, &whole).await?;
    let mut fitting = all.items.into_iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(SEVERAL.into()),
        (None, _) => Err(Refusal::NotFound.into()),
    }
}

/// Unlinks one of the caller's identities, ends the other sessions that began with it, and tells them by mail.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for the last way to sign in; [`Refusal::MfaRequired`] in a session that has
/// not proved the second factor that its user has; as [`recency::require`].
pub(crate) async fn unlink(cx: &Cx, session: &OwnSession, which: Which<'_>) -> Result<(), Error> {
    let tenant = &session.tenant;
    let user = store::users::by_id(cx.db.as_ref(), &tenant.id, &session.user.id).await?;
    let user = user.ok_or(Refusal::BadCredential)?;
    if needs_second_factor(tenant, &user) && !has_two(&session.amr) {
        return Err(Refusal::MfaRequired.into());
    }
    recency::require(cx, session, Lasting::Factor).await?;
    let identity = find(cx, &user, which).await?;
    let keep = session.session_id.as_deref();
    match remove(cx, &user, &user.id, &identity, Some(&ways(tenant, &user)), keep).await? {
        true => Ok(()),
        false => Err(LAST_WAY.into()),
    }
}

/// Unlinks an identity of a user of the tenant, whatever way to sign in is left to them, and ends the sessions that began with
/// it.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for the operator's, by somebody else.
pub(crate) async fn unlink_of(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: &str,
    which: Which<'_>,
) -> Result<(), Error> {
    let user = people::find(cx, &admin.tenant, user_id).await?;
    if user.operator && admin.actor() != user.id {
        return Err(Refusal::Conflict("only the operator changes the operator's identities").into());
    }
    let identity = find(cx, &user, which).await?;
    match remove(cx, &user, admin.actor(), &identity, None, None).await? {
        true => Ok(()),
        false => Err(Refusal::NotFound.into()),
    }
}

/// `false` if it is gone, or no way to sign in would be left.
async fn remove(
    cx: &Cx,
    user: &User,
    actor: &str,
    identity: &LinkedIdentity,
    ways: Option<&Ways<'_>>,
    keep: Option<&str>,
) -> Result<bool, Error> {
    let tenant = tenants::by_id(cx, &user.tenant_id).await?.ok_or(Refusal::NotFound)?;
    let entry = Entry::ok("identity.unlinked").by(actor).on(&user.id).saying(&identity.provider_id);
    let letter = Letter::Changed(Changed::IdentityRemoved);
    let mut change = Change::new(cx, &user.tenant_id, entry);
    change
        .take(store::identities::release(&user.id, &identity.id, ways))
        .then_all(store::identities::end_sessions(&user.id, &identity.id, keep, cx.now))
        .then(store::identities::delete(&user.id, &identity.id))
        .ends_sessions_of(&user.id)
        .keeps_a_way_in_of(user)
        .tell(mailing::write(cx, &tenant, user, letter).await?);
    Ok(change.commit_or_refuse().await?.is_some())
}

/// The ways by which a user can sign in besides an identity.
fn ways<'a>(tenant: &'a Tenant, user: &User) -> Ways<'a> {
    let domain = user.email_key.rsplit_once('@').map_or("", |(_, domain)| domain);
    let enforced = tenant.verified_domain(domain).filter(|domain| domain.is_enforced);
    let settings = tenant.settings_for(user);
    let may = enforced.is_none() && (user.email_verified || !settings.require_verified_email);
    Ways {
        password: may,
        passkeys: may && settings.passkeys,
        mail: enforced.is_none() && user.email_verified && settings.magic_links,
        only_provider: enforced.map(|domain| domain.provider_id.as_str()),
        enterprise: tenant.enterprise,
    }
}

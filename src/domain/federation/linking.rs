//! Whose account an identity is, and whether that is known well enough. An address says it only if the provider is
//! authoritative for it; else who has the account proves a local factor first. Nothing is linked by address across tenants,
//! and the operator's account never without their own factor.

use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::{Change, Committed};
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::begin::Onward;
use crate::domain::federation::just_in_time;
use crate::domain::federation::used::spend;
use crate::domain::mailing::{self, Changed, Letter, Linking as MailedLink};
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::tenants::Tenant;
use crate::domain::throttle;
use crate::model::email::Email;
use crate::model::identity_provider::{IdentityProvider, Linking};
use crate::model::state::{LinkPurpose, UserStatus};
use crate::model::time::Time;
use crate::ports::Fault;
use crate::store;
use crate::store::Columns;
use crate::store::identities::{IdentityKey, Known};
use crate::store::users::User;

/// A person whom a provider vouches for, as far as it decides on their account.
pub(super) struct Person<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) provider: &'a IdentityProvider,
    pub(super) assertion: &'a ProviderAssertion,
    pub(super) key: &'a IdentityKey,
    /// The address, if it is one.
    pub(super) email: Option<&'a Email>,
    /// Whether the provider is authoritative for it.
    pub(super) authoritative: bool,
    /// What the sign-in uses up.
    pub(super) once: &'a [(String, Time)],
    /// Whether who has no account gets a trial tenant.
    pub(super) may_try: bool,
}

/// What becomes of a person who comes from a provider.
#[derive(Debug)]
pub(super) enum Decision {
    /// They have an account with this identity.
    SignIn(String, Box<User>),
    /// The account of their address becomes theirs; whether this is the first proof of that address.
    Link(Box<User>, bool),
    /// They have an account by their address, and prove that first.
    Ask(Box<User>),
    /// They get an account.
    Make(Email),
    /// They get a tenant.
    Try(Email),
}

/// Decides on a person.
///
/// # Errors
/// [`Federation::NoAddress`]; [`Federation::NoAccount`], also for one that is disabled or another tenant's.
pub(super) fn decide(person: &Person<'_>, known: Known) -> Result<Decision, Refusal> {
    let Person { tenant, provider, email, authoritative, .. } = *person;
    let refuse = |why: Federation| Err(Refusal::Federation(why));
    if let Some((id, user)) = known.by_identity {
        let is_first_proof =
            authoritative && !user.email_verified && email.is_some_and(|email| email.key() == user.email_key);
        return match user.status {
            UserStatus::Active if is_first_proof && !user.operator => {
                Ok(Decision::Link(Box::new(user), true))
            }
            UserStatus::Active => Ok(Decision::SignIn(id, Box::new(user))),
            _ => refuse(Federation::NoAccount),
        };
    }
    let Some(email) = email else { return refuse(Federation::NoAddress) };
    match known.by_email {
        None if person.may_try => Ok(Decision::Try(email.clone())),
        None => {
            just_in_time::may_make(tenant, provider, email)?;
            Ok(Decision::Make(email.clone()))
        }
        // Tenants of the home directory share one space of addresses.
        Some(user) if user.tenant_id != tenant.id => refuse(Federation::NoAccount),
        Some(user) if user.status != UserStatus::Active => refuse(Federation::NoAccount),
        Some(user) if user.operator || !authoritative || provider.spec.linking == Linking::Never => {
            Ok(Decision::Ask(Box::new(user)))
        }
        Some(user) => {
            let is_first_proof = !user.email_verified;
            Ok(Decision::Link(Box::new(user), is_first_proof))
        }
    }
}

/// Links an identity to the account of its address, and uses up the sign-in. With the first proof of that address, what
/// whoever made the account had put there goes. The identity's row; `None` if the sign-in was used before, or the
/// identity is another user's by now.
pub(super) async fn link(
    cx: &Cx,
    person: &Person<'_>,
    user: &User,
    is_first_proof: bool,
) -> Result<Option<String>, Fault> {
    let Person { tenant, provider, key, email, once, .. } = *person;
    let id = cx.id();
    let entry = Entry::ok("identity.linked").by(&user.id).on(&user.id).saying(&provider.id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take_all(spend(&key.tenant_id, once));
    if is_first_proof {
        change
            .first(store::unproven::forget(&user.id, &user.email_key, cx.now))
            .then(store::users::confirm_email(&user.id, &user.email_key, cx.now))
            .ends_sessions_of(&user.id)
            .log(&tenant.id, Entry::ok("email.verified").by(&user.id).on(&user.id).saying(&provider.id));
    }
    change
        .take(store::identities::link(&id, key, &user.id, email.map(Email::shown), cx.now))
        .found_by(store::identities::linked(key, &user.id))
        .tell(mailing::write(cx, tenant, user, LINKED).await?);
    row_id(change.commit().await?)
}

/// What the account's owner is told of.
const LINKED: Letter<'_> = Letter::Changed(Changed::IdentityAdded);

/// Makes an account with an identity, and uses up the sign-in. An address that is not confirmed gets a mail that does.
/// The identity's row and the user; `None` if the sign-in was used before, or somebody else got the address or identity
/// meanwhile.
pub(super) async fn make(
    cx: &Cx,
    person: &Person<'_>,
    email: &Email,
) -> Result<Option<(String, User)>, Error> {
    let Person { tenant, provider, assertion, key, authoritative, once, .. } = *person;
    let user = just_in_time::user(cx, tenant, provider, assertion, (email, authoritative)).await?;
    let id = cx.id();
    let entry = Entry::ok("user.registered").by(&user.id).on(&user.id).saying(&provider.id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .take_all(spend(&key.tenant_id, once))
        .take(store::users::insert_registered(&user))
        .take(store::identities::link(&id, key, &user.id, Some(email.shown()), cx.now))
        .found_by(store::identities::linked(key, &user.id));
    let purpose = LinkPurpose::VerifyEmail;
    if !authoritative && throttle::mail(cx, &tenant.directory, email.key(), purpose.as_str()).await? {
        let link = MailedLink { purpose, wanted: None, onward: "" };
        change.tell(mailing::write_link(cx, tenant, &user, link).await?);
    }
    Ok(row_id(change.commit().await?)?.map(|id| (id, user)))
}

pub(super) fn row_id(done: Option<Committed>) -> Result<Option<String>, Fault> {
    let Some(done) = done else { return Ok(None) };
    done.row()?.map(|row| Columns(row).text("id")).transpose()
}

/// An identity that waits for a local factor of the account that has its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingLink {
    issuer: String,
    subject: String,
    /// The address that the provider names.
    pub(crate) email: String,
    /// Whose account it is.
    pub(crate) user_id: String,
    once: Vec<(String, i64)>,
    /// What comes after.
    pub(crate) onward: Onward,
    until: i64,
}

/// How long it waits, in seconds.
pub(crate) const SECONDS: i64 = 600;

impl PendingLink {
    pub(super) fn of(cx: &Cx, person: &Person<'_>, user: &User, onward: Onward) -> PendingLink {
        PendingLink {
            issuer: person.key.issuer.clone(),
            subject: person.key.subject.clone(),
            email: user.email.clone(),
            user_id: user.id.clone(),
            once: person.once.iter().map(|(key, until)| (key.clone(), until.0)).collect(),
            onward,
            until: cx.now.plus(SECONDS).0,
        }
    }

    /// Whether it still waits.
    pub(crate) fn is_live(&self, cx: &Cx) -> bool {
        cx.now.0 < self.until
    }

    /// Links it to the account of a user who has just proved a local factor, and uses up the sign-in that it came by.
    ///
    /// # Errors
    /// [`Federation::Forged`] if it is another user's, or was used before.
    pub(crate) async fn finish(
        &self,
        cx: &Cx,
        tenant: &Tenant,
        provider_id: &str,
        user_id: &str,
    ) -> Result<(), Error> {
        let forged = || Refusal::Federation(Federation::Forged("This link is over: please start again"));
        if self.user_id != user_id || !self.is_live(cx) {
            return Err(forged().into());
        }
        let key = IdentityKey {
            tenant_id: tenant.id.clone(),
            provider_id: provider_id.to_owned(),
            issuer: self.issuer.clone(),
            subject: self.subject.clone(),
        };
        let once: Vec<(String, Time)> =
            self.once.iter().map(|(key, until)| (key.clone(), Time(*until).max(Time(self.until)))).collect();
        let entry = Entry::ok("identity.linked").by(user_id).on(user_id).saying(provider_id);
        let mut change = Change::new(cx, &tenant.id, entry);
        change.take_all(spend(&tenant.id, &once));
        change.take(store::identities::link(&cx.id(), &key, user_id, Some(&self.email), cx.now));
        let user = store::users::by_id(cx.db.as_ref(), &tenant.id, user_id).await?.ok_or_else(forged)?;
        change.tell(mailing::write(cx, tenant, &user, LINKED).await?);
        change.commit().await?.map(drop).ok_or_else(|| forged().into())
    }
}

//! Trial tenants: a person whom nobody here knows signs in with Google or Microsoft, and gets a tenant of their own, as its
//! administrator. It is made by one conditional insert for each organisation or person at the provider, however many sign in
//! at the same time. Nobody joins a tenant by a mail domain: later people of an organisation that has one ask to.

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::federation::just_in_time;
use crate::domain::federation::linking::{Person, row_id};
use crate::domain::federation::used::spend;
use crate::domain::people;
use crate::domain::refusal::{ADDRESS_TAKEN, Error, Federation, Refusal};
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::tenants::{self, HOME, Tenant};
use crate::memo::Invalidation;
use crate::model::email::Email;
use crate::model::mail_domains::is_public_mail_domain;
use crate::model::name;
use crate::model::role::{ADMIN, FIRST_ROLES};
use crate::model::state::TenantStatus;
use crate::model::time::Time;
use crate::ports::{Fault, Verdict};
use crate::store::identities::IdentityKey;
use crate::store::join_requests::JoinRequest;
use crate::store::tenants::TenantRow;
use crate::store::trial_holders::{Holder, Trial};
use crate::store::trials::Cap;
use crate::store::users::User;
use crate::store::{self, Listed, Page};

/// Trial tenants that one address makes in a day.
const MOST_A_DAY: i64 = 10;

const DAY: i64 = 86_400;

/// People who wait to join one tenant.
const MOST_WAITING: i64 = 200;

/// Days after which a trial that nobody signed in to goes.
const UNUSED_DAYS: i64 = 60;

/// Seconds by which the time of a trial's last use may be too early: it is noted once an hour.
const USE_NOTED_WITHIN: i64 = 3_600;

/// When a trial goes if nobody signs in to it before.
pub(crate) fn ends_at(trial: &Trial) -> Time {
    trial.used_at.plus(UNUSED_DAYS * DAY)
}

/// Whose trial it is: the organisation's that the provider names, or the person's.
fn holder(person: &Person<'_>) -> Holder {
    let assertion = person.assertion;
    let holder = match &assertion.organisation {
        Some(organisation) => format!("organisation/{organisation}"),
        None => format!("person/{}", assertion.subject),
    };
    Holder { issuer: assertion.issuer.clone(), holder }
}

fn cap(cx: &Cx) -> Cap {
    let known = !cx.caller.address.is_empty() && !cx.caller.unlimited;
    Cap {
        address_hash: known.then(|| stored(&format!("trials/{}", cx.address_bucket()))),
        most: MOST_A_DAY,
        since: cx.now.plus(-DAY),
    }
}

/// What a trial tenant is called: by the domain of the organisation's addresses, else by the person.
fn called(person: &Person<'_>, email: &Email) -> String {
    let domain = email.domain();
    let shown = match person.assertion.organisation.is_some() && !is_public_mail_domain(domain) {
        true => domain,
        false => person.assertion.name.as_deref().unwrap_or(email.shown()),
    };
    name::parse(shown, name::LONGEST).unwrap_or_else(|_| domain.to_owned())
}

/// Makes a trial tenant with the person as its administrator, and uses up the sign-in. The identity's row and the user;
/// `None` if the sign-in was used before, or somebody else of the organisation came first.
pub(super) async fn make(
    cx: &Cx,
    person: &Person<'_>,
    email: &Email,
) -> Result<Option<(String, User)>, Error> {
    let Person { provider, key, authoritative, once, .. } = *person;
    let (of, cap) = (holder(person), cap(cx));
    let row = TenantRow {
        id: cx.id(),
        name: called(person, email),
        directory: HOME.to_owned(),
        settings: "{}".to_owned(),
        status: TenantStatus::Active,
        enterprise: false,
        domains: Vec::new(),
        trial: None,
        host: None,
        created_at: cx.now,
    };
    let tenant = tenants::from_row(cx, row.clone())?;
    let mut user = people::new_user(cx, &tenant, email);
    user.email_verified = authoritative;
    user.name = just_in_time::name(person.assertion);
    user.language = cx.caller.language.map(|language| language.tag().to_owned());
    user.roles = vec![ADMIN.to_owned()];
    let id = cx.id();
    let entry = Entry::ok("tenant.created").by(&user.id).on(&row.id).saying("trial");
    let mut change = Change::new(cx, HOME, entry);
    change
        .take(store::trials::insert_tenant(&row, &of, &cap))
        .take(store::trials::insert(&of, &row.id, cap.address_hash.as_deref(), cx.now))
        .take(store::users::insert(&user))
        .take_all(spend(&key.tenant_id, once))
        .take(store::identities::link(&id, key, &user.id, Some(email.shown()), cx.now))
        .found_by(store::identities::linked(key, &user.id))
        .then(store::roles::insert_first(&row.id, FIRST_ROLES))
        .log(&row.id, Entry::ok("user.registered").by(&user.id).on(&user.id).saying(&provider.id))
        .invalidates(Invalidation::Tenant(&row.id));
    Ok(row_id(change.commit().await?)?.map(|id| (id, user)))
}

/// Why a person got no trial tenant although nobody knows their identity: the organisation has one, which they ask to
/// join; or their address made too many.
pub(super) async fn refuse(cx: &Cx, person: &Person<'_>, email: &Email) -> Result<Option<Refusal>, Error> {
    let cap = cap(cx);
    let (tenant_id, is_capped) = store::trials::find(cx.db.as_ref(), &holder(person), &cap).await?;
    if let Some(tenant_id) = tenant_id {
        ask_to_join(cx, person, email, &tenant_id).await?;
        return Ok(Some(Refusal::Federation(Federation::JoinRequested)));
    }
    let limit = u32::try_from(MOST_A_DAY).unwrap_or(u32::MAX);
    let verdict = Verdict { admitted: false, first_refusal: false, limit, remaining: 0, reset: 86_400 };
    Ok(is_capped.then_some(Refusal::Limited(verdict)))
}

async fn ask_to_join(cx: &Cx, person: &Person<'_>, email: &Email, tenant_id: &str) -> Result<(), Fault> {
    let Person { key, assertion, authoritative, .. } = *person;
    let request = JoinRequest {
        id: cx.id(),
        tenant_id: tenant_id.to_owned(),
        provider_id: key.provider_id.clone(),
        issuer: key.issuer.clone(),
        subject: key.subject.clone(),
        email: email.shown().to_owned(),
        email_verified: authoritative,
        name: just_in_time::name(assertion),
        asked_at: cx.now,
    };
    let entry = Entry::ok("join.requested").by(email.key()).on(&request.id);
    let mut change = Change::new(cx, tenant_id, entry);
    change.take(store::join_requests::insert(&request, MOST_WAITING));
    change.commit().await.map(drop)
}

/// A page of those who want to join a tenant.
pub(crate) async fn waiting(cx: &Cx, tenant: &Tenant, page: &Page) -> Result<Listed<JoinRequest>, Error> {
    Ok(store::join_requests::list(cx.db.as_ref(), &tenant.id, page).await?)
}

/// Lets one in who wants to join: as a user without a role.
///
/// # Errors
/// [`Refusal::NotFound`]; the conflict over an address that has an account by now.
pub(crate) async fn accept(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<User, Error> {
    let tenant = &admin.tenant;
    let asked = store::join_requests::by_id(cx.db.as_ref(), &tenant.id, id).await?;
    let asked = asked.ok_or(Refusal::NotFound)?;
    let email = Email::parse(&asked.email).ok_or(Refusal::NotFound)?;
    let mut user = people::new_user(cx, tenant, &email);
    user.email_verified = asked.email_verified;
    user.name = asked.name;
    user.roles = tenant.settings.default_roles.iter().filter(|role| *role != ADMIN).cloned().collect();
    // The provider is the home tenant's.
    let key = IdentityKey {
        tenant_id: HOME.to_owned(),
        provider_id: asked.provider_id,
        issuer: asked.issuer,
        subject: asked.subject,
    };
    let entry = Entry::ok("user.created").by(admin.actor()).on(&user.id).saying("join request");
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .take(store::join_requests::take(&tenant.id, id))
        .take(store::users::insert_registered(&user))
        .take(store::identities::link(&cx.id(), &key, &user.id, Some(email.shown()), cx.now));
    if change.commit().await?.is_none() {
        return Err(ADDRESS_TAKEN.into());
    }
    Ok(user)
}

/// Turns one away who wants to join.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn decline(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<(), Error> {
    let entry = Entry::ok("join.declined").by(admin.actor()).on(id);
    let mut change = Change::new(cx, &admin.tenant.id, entry);
    change.take(store::join_requests::take(&admin.tenant.id, id));
    Ok(change.commit().await?.map(drop).ok_or(Refusal::NotFound)?)
}

/// Removes trials that nobody has signed in to for long, as the operator's deletion of a tenant does; each for itself.
pub(crate) async fn sweep(cx: &Cx) -> Result<(), Fault> {
    let since = cx.now.plus(-UNUSED_DAYS * DAY - USE_NOTED_WITHIN);
    for id in store::trials::unused(cx.db.as_ref(), since).await? {
        if let Err(fault) = remove(cx, &id, since).await {
            cx.log.line(&fault.line([("event", "trials".into()), ("tenant", id.into())]));
        }
    }
    Ok(())
}

async fn remove(cx: &Cx, id: &str, since: Time) -> Result<(), Fault> {
    let entry = Entry::ok("tenant.deleted").by("system").on(id).saying("unused trial");
    let mut change = Change::new(cx, HOME, entry);
    // Somebody may have signed in meanwhile, or the operator made it a tenant like others.
    change.take(store::trials::release_unused(id, since));
    change
        .then(store::outbox::forget_tenant(id))
        .then(store::vault_revocations::owe_all_of_tenant(id, cx.now))
        .then(store::tenants::delete(id))
        .then(store::audit::forget_tenant(id))
        .invalidates(Invalidation::Tenant(id));
    change.commit().await.map(drop)
}

//! What a provider says of a person becomes a user: their name, and their roles by the provider's map. A map never gives
//! more than roles of the tenant; who operates the deployment is no role.

use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::used::spend;
use crate::domain::people;
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::model::email::Email;
use crate::model::identity_provider::{IdentityProvider, Provisioning, RoleMap};
use crate::model::role::{ADMIN, MOST_ROLES};
use crate::model::time::Time;
use crate::ports::Fault;
use crate::store;
use crate::store::users::User;

/// Whether a person without an account gets one: where the provider makes users, and for a provider that anybody has an
/// account at, where people can register with that address.
///
/// # Errors
/// [`Federation::NoAccount`].
pub(super) fn may_make(tenant: &Tenant, provider: &IdentityProvider, email: &Email) -> Result<(), Refusal> {
    let spec = &provider.spec;
    let settings = &tenant.settings;
    let domains = &settings.registration_domains;
    let registers = settings.allow_registration
        && (domains.is_empty() || domains.iter().any(|domain| domain == email.domain()));
    let may = spec.provisioning == Provisioning::Users && (registers || spec.kind.is_organisations());
    if may { Ok(()) } else { Err(Refusal::Federation(Federation::NoAccount)) }
}

/// A user as the provider describes them; the address counts as confirmed if the provider is authoritative for it.
pub(super) async fn user(
    cx: &Cx,
    tenant: &Tenant,
    provider: &IdentityProvider,
    assertion: &ProviderAssertion,
    (email, is_confirmed): (&Email, bool),
) -> Result<User, Fault> {
    let mut user = people::new_user(cx, tenant, email);
    user.email_verified = is_confirmed;
    user.name = name(assertion);
    user.language = cx.caller.language.map(|language| language.tag().to_owned());
    user.roles = match &provider.spec.role_map {
        Some(map) => known(cx, tenant, mapped(map, &assertion.claims)).await?,
        // Who may administer is never said by a default.
        None => tenant.settings.default_roles.iter().filter(|role| *role != ADMIN).cloned().collect(),
    };
    Ok(user)
}

/// Changes a user to what the provider says that they are now: where there is a role map it is the master of roles and
/// name, else it gives a name to who has none. The operator's account is not touched. The user as they are then, if that
/// was done; it uses up what the sign-in does, so that what was said once is not said again later.
pub(super) async fn update(
    cx: &Cx,
    tenant: &Tenant,
    provider: &IdentityProvider,
    assertion: &ProviderAssertion,
    user: &User,
    (tenant_id, once): (&str, &[(String, Time)]),
) -> Result<Option<User>, Fault> {
    let mut next = user.clone();
    let said = name(assertion);
    match &provider.spec.role_map {
        Some(map) => {
            let roles = mapped(map, &assertion.claims);
            if !same(&roles, &user.roles) {
                next.roles = known(cx, tenant, roles).await?;
            }
            next.name = said.or(next.name);
        }
        None => next.name = next.name.or(said),
    }
    if user.operator || next == *user {
        return Ok(None);
    }
    let entry = Entry::ok("user.changed").by(&provider.id).on(&user.id).saying(next.roles.join(" "));
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .take(store::users::update(user, &next, None, true, cx.now))
        .take_all(spend(tenant_id, once))
        .keeps_a_way_in_without(user)
        .invalidates(Invalidation::User(&user.id));
    match change.commit_or_refuse().await {
        // They stay an administrator, as the last one does.
        Err(Error::Refused(_)) => Ok(None),
        Err(Error::Broken(fault)) => Err(fault),
        Ok(done) => Ok(done.map(|_| next)),
    }
}

/// Whether two lists name the same roles.
fn same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|role| other.contains(role))
}

/// Those of the roles that the tenant has, the highest first.
async fn known(cx: &Cx, tenant: &Tenant, roles: Vec<String>) -> Result<Vec<String>, Fault> {
    if roles.is_empty() {
        return Ok(roles);
    }
    let all = store::roles::roles(cx.db.as_ref(), &tenant.id).await?;
    Ok(all.into_iter().map(|role| role.name).filter(|name| roles.contains(name)).take(MOST_ROLES).collect())
}

/// A display name, if the provider says one that can be shown.
pub(super) fn name(assertion: &ProviderAssertion) -> Option<String> {
    people::display_name("name", assertion.name.as_deref()).ok().flatten()
}

/// The roles that a map gives for what is claimed.
fn mapped(map: &RoleMap, claims: &Map<String, Value>) -> Vec<String> {
    let values: Vec<&str> = match claims.get(&map.claim) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut all: Vec<String> = Vec::new();
    for role in values.into_iter().filter_map(|value| map.map.get(value)) {
        if !all.contains(role) {
            all.push(role.clone());
        }
    }
    all
}

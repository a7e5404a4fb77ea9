//! How an administrator changes the settings of a tenant: member by member, on what they are by then.

use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::domain::admin::users;
use crate::domain::assertion_limits;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, LAST_ADMIN, Problem, Refusal, invalid};
use crate::domain::session::delegation;
use crate::domain::session::principal::Admin;
use crate::domain::session::recency::{self, Lasting};
use crate::domain::tenants::{Settings, Tenant, from_row};
use crate::memo::Invalidation;
use crate::model::json;
use crate::ports::Fault;
use crate::store::tenants::Must;
use crate::store::{self, json_text};

/// How often a change is made anew because another one came between.
const TRIES: usize = 5;

/// Changes members of a tenant's settings. Two changes at once of different members are both done.
///
/// # Errors
/// As [`recency::require`]; [`Refusal::Malformed`], [`Refusal::Invalid`]; as [`delegation::may_give_user`] for roles that everybody is to have, and
/// [`Refusal::Forbidden`] for what keys, sessions and connections hang on, by a token that was lent; [`Refusal::Conflict`] where no
/// administrator could sign in any more.
pub(crate) async fn change(cx: &Cx, admin: &Admin, changes: Map<String, Value>) -> Result<Settings, Error> {
    recency::require(cx, admin, Lasting::ApiKey).await?;
    let id = &admin.tenant.id;
    let mut tried: Option<String> = None;
    for _ in 0..TRIES {
        // An isolate remembers settings for seconds: what another changed since is kept.
        let row = store::tenants::by_id(cx.db.as_ref(), id).await?.ok_or(Refusal::NotFound)?;
        let (text, tenant) = (row.settings.clone(), from_row(cx, row)?);
        let mut all =
            serde_json::to_value(&tenant.settings).map_err(|error| Fault::new("settings", error))?;
        if let Some(all) = all.as_object_mut() {
            all.extend(changes.clone());
        }
        let settings: Settings = json::read(all).map_err(Refusal::from)?;
        let settings = settings.checked()?;
        may_set(cx, admin, &tenant, &settings).await?;
        if tried.as_ref() == Some(&text) {
            return Err(LAST_ADMIN.into());
        }
        if set(cx, admin, &tenant, &text, &settings).await? {
            return Ok(settings);
        }
        tried = Some(text);
    }
    Err(Refusal::Conflict("the settings are being changed: please try again").into())
}

async fn may_set(cx: &Cx, admin: &Admin, tenant: &Tenant, settings: &Settings) -> Result<(), Error> {
    let was = &tenant.settings;
    if settings.default_roles != was.default_roles {
        users::known_roles(cx, tenant, settings.default_roles.clone()).await.map_err(named_default)?;
        delegation::may_give_user(cx, admin, &[], &settings.default_roles).await?;
        let roles = &settings.default_roles;
        assertion_limits::check_granted(cx, tenant, "defaultRoles", None, roles, &[]).await?;
    }
    if settings.default_plan != was.default_plan
        && store::plans::is_used_without_row(cx.db.as_ref(), &tenant.id, &was.default_plan).await?
    {
        let name = &was.default_plan;
        let detail = format!(
            "users or routes name the plan {name:?}, which is there only as the default: make it first"
        );
        return Err(invalid("defaultPlan", detail));
    }
    if settings.default_roles != was.default_roles
        || settings.client_api_keys != was.client_api_keys
        || settings.vault_delegation != was.vault_delegation
        || settings.connection_idle_days != was.connection_idle_days
    {
        admin.clone().not_lent()?;
    }
    Ok(())
}

/// Writes the settings in the place of those that were read; `false` if they are others by now, or may not be.
async fn set(cx: &Cx, admin: &Admin, tenant: &Tenant, was: &str, settings: &Settings) -> Result<bool, Error> {
    let old = &tenant.settings;
    let must = Must {
        spare_an_administrator: settings.require_verified_email && !old.require_verified_email,
        know_roles: settings.default_roles != old.default_roles,
        keep_plan: settings.default_plan != old.default_plan,
    };
    let entry = Entry::ok("settings.changed").by(admin.actor()).on(&tenant.id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::tenants::set_settings(&tenant.id, was, &json_text(settings), must));
    // Browsers that are trusted for longer are trusted for no longer than this from now on, whatever comes later.
    if settings.trusted_device_days < old.trusted_device_days {
        change.then(store::trusted_devices::shorten(&tenant.id, settings.trusted_device_days));
    }
    if settings.trusted_device_days == 0 {
        change.then(store::trusted_devices::delete_all_of_tenant(&tenant.id));
    }
    if !settings.passkeys && old.passkeys {
        change.keeps_a_way_in(&tenant.id);
    }
    change.invalidates(Invalidation::Tenant(&tenant.id));
    Ok(change.commit_or_refuse().await?.is_some())
}

/// What is wrong with default roles, at their own field.
fn named_default(error: Error) -> Error {
    match error {
        Error::Refused(Refusal::Invalid(problems)) => {
            let renamed = |problem: Problem| Problem { field: "defaultRoles", ..problem };
            Error::Refused(Refusal::Invalid(problems.into_iter().map(renamed).collect()))
        }
        other => other,
    }
}

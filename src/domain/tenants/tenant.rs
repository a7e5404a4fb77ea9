//! A tenant, as requests see it.

use std::borrow::Cow;
use std::rc::Rc;

use crate::cx::Cx;
use crate::memo::{Invalidation, Slot};
use crate::model::id::is_tenant_id;
use crate::model::json;
use crate::model::state::TenantStatus;
use crate::model::tenant::Settings;
use crate::ports::Fault;
use crate::store;
use crate::store::tenants::TenantRow;
use crate::store::users::User;

/// A tenant, as requests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub(crate) id: String,
    /// Its display name.
    pub(crate) name: String,
    /// Whose e-mail namespace its users are in.
    pub(crate) directory: String,
    pub(crate) settings: Settings,
    /// Its `iss`.
    pub(crate) issuer: String,
}

impl Tenant {
    /// The settings as they hold for a user. No administrator's setting makes the operator's sign-ins weaker than the
    /// defaults do: whoever has the operator's session has the whole deployment.
    pub(crate) fn settings_for(&self, user: &User) -> Cow<'_, Settings> {
        let set = &self.settings;
        if !user.operator {
            return Cow::Borrowed(set);
        }
        let least = Settings::default();
        Cow::Owned(Settings {
            access_token_seconds: set.access_token_seconds.min(least.access_token_seconds),
            refresh_token_seconds: set.refresh_token_seconds.min(least.refresh_token_seconds),
            session_idle_seconds: set.session_idle_seconds.min(least.session_idle_seconds),
            session_absolute_seconds: set.session_absolute_seconds.min(least.session_absolute_seconds),
            require_verified_email: true,
            min_password_length: set.min_password_length.max(least.min_password_length),
            refuse_common_passwords: true,
            trusted_device_days: set.trusted_device_days.min(least.trusted_device_days),
            mfa_attempts: set.mfa_attempts.min(least.mfa_attempts),
            mfa_lockout_seconds: set.mfa_lockout_seconds.max(least.mfa_lockout_seconds),
            passkeys: true,
            reauthentication_seconds: set.reauthentication_seconds.min(least.reauthentication_seconds),
            api_key_reauthentication_seconds: set
                .api_key_reauthentication_seconds
                .min(least.api_key_reauthentication_seconds),
            ..set.clone()
        })
    }
}

/// Tenants by id; `None` remembers that there is none.
pub(crate) struct TenantById;

impl Slot for TenantById {
    type Key = String;
    type Value = Option<Rc<Tenant>>;
    const CAPACITY: usize = 1_000;

    fn is_stale(id: &String, _: &Self::Value, change: Invalidation<'_>) -> bool {
        change == Invalidation::Tenant(id)
    }
}

/// Tenant ids by custom host; `None` for a host that is nobody's.
pub struct TenantByHost;

impl Slot for TenantByHost {
    type Key = String;
    type Value = Option<String>;
    const CAPACITY: usize = 1_000;

    fn is_stale(_: &Self::Key, _: &Self::Value, change: Invalidation<'_>) -> bool {
        matches!(change, Invalidation::Tenant(_))
    }
}

/// An active tenant by id.
pub async fn by_id(cx: &Cx, id: &str) -> Result<Option<Rc<Tenant>>, Fault> {
    if !is_tenant_id(id) {
        return Ok(None);
    }
    if let Some(known) = cx.memo::<TenantById>().get(id, cx.now) {
        return Ok(known);
    }
    let row = store::tenants::by_id(cx.db.as_ref(), id).await?;
    let tenant = match row {
        Some(row) if row.status == TenantStatus::Active => Some(Rc::new(from_row(cx, row)?)),
        _ => None,
    };
    cx.memo::<TenantById>().put(id.to_owned(), tenant.clone(), cx.now, cx.remember_until());
    Ok(tenant)
}

/// The tenant that a host, in its one spelling, is mapped to.
pub(crate) async fn by_host(cx: &Cx, host: &str) -> Result<Option<String>, Fault> {
    if let Some(known) = cx.memo::<TenantByHost>().get(host, cx.now) {
        return Ok(known);
    }
    let id = store::tenants::id_by_host(cx.db.as_ref(), host).await?;
    cx.memo::<TenantByHost>().put(host.to_owned(), id.clone(), cx.now, cx.remember_until());
    Ok(id)
}

pub(crate) fn from_row(cx: &Cx, row: TenantRow) -> Result<Tenant, Fault> {
    let settings = json::read_text(&row.settings).map_err(|wrong| Fault::new("tenant settings", wrong))?;
    let issuer = format!("{}/tenant/{}", cx.config.origin, row.id);
    Ok(Tenant { id: row.id, name: row.name, directory: row.directory, settings, issuer })
}

//! Tenants: which one a request is for, and what holds there.
//!
//! [`choose`] finds the tenant of a request; [`Tenant`] carries its [`Settings`]. Nothing here knows users.

mod choice;
mod issuer;
mod mail_domains;
mod settings;
mod tenancy;
mod tenant;

pub use self::choice::ResolvedTenant;
pub(crate) use self::choice::{choose, find_named, owner_of_named};
pub(crate) use self::issuer::{is_console_host, is_host_of_origin, is_own_host, issuer_of_address};
pub use self::tenancy::TenantByHost;
pub(crate) use self::tenancy::{Tenancy, by_host};
pub(crate) use self::tenant::{Tenant, from_row};
pub use crate::model::tenant::Settings;
pub(crate) use crate::model::tenant::{ClientRegistration, HOME, MfaPolicy, UNNAMED};

use std::rc::Rc;

use crate::cx::Cx;
use crate::model::id::is_tenant_id;
use crate::ports::Fault;

/// An active tenant by id, as well known as the request needs it.
pub async fn by_id(cx: &Cx, id: &str) -> Result<Option<Rc<Tenant>>, Fault> {
    if !is_tenant_id(id) {
        return Ok(None);
    }
    Ok(tenancy::by_id(cx, id).await?.map(|tenancy| tenancy.tenant.clone()))
}

/// What the isolate remembers of an active tenant, if it knows that well enough.
pub(crate) fn recall(cx: &Cx, id: &str) -> Option<Rc<Tenancy>> {
    tenancy::recall(cx, id)?
}

/// An active tenant with what its requests need.
pub(crate) async fn tenancy_of(cx: &Cx, id: &str) -> Result<Option<Rc<Tenancy>>, Fault> {
    match tenancy::recall(cx, id) {
        Some(known) => Ok(known),
        None => tenancy::by_id(cx, id).await,
    }
}

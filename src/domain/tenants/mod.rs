//! Tenants: which one a request is for, and what holds there.
//!
//! [`choose`] finds the tenant of a request; [`Tenant`] carries its [`Settings`]. Nothing here knows users.

mod choice;
mod settings;
mod tenant;

pub(crate) use self::choice::named;
pub use self::choice::{ResolvedTenant, choose};
pub use self::tenant::{Tenant, TenantByHost, TenantById, by_id};
pub(crate) use self::tenant::{by_host, from_row};
pub use crate::model::tenant::{ClientRegistration, HOME, MfaPolicy, Settings, UNNAMED};

//! Tenants: which one a request is for, and what holds there.
//!
//! [`choose`] finds the tenant of a request; [`Tenant`] carries its [`Settings`]. Nothing here knows users.

mod choice;
mod issuer;
mod mail_domains;
mod settings;
mod tenant;

pub use self::choice::ResolvedTenant;
pub(crate) use self::choice::{choose, find_named};
pub(crate) use self::issuer::{is_own_host, issuer_of_address};
pub(crate) use self::tenant::{Tenant, by_host, from_row, is_current};
pub use self::tenant::{TenantByHost, by_id};
pub use crate::model::tenant::Settings;
pub(crate) use crate::model::tenant::{ClientRegistration, HOME, MfaPolicy, UNNAMED};

//! Rules: the use cases, the same for every surface. No HTTP, no SQL text, no JSON shapes.
//!
//! Rooms, each above those that it may import: `admin`, `oauth` → `sign_in`, `clients` → `gateway` → `session` → `people`
//! → `mailing` → `templates`, `throttle`, `tenants` → the files below. `tests/native/tidy.rs` holds that.
//! What changes several rows goes through [`change`], the unit of work.

pub(crate) mod admin;
pub(crate) mod assertion_limits;
pub(crate) mod audit;
pub(crate) mod backchannel;
pub mod change;
pub mod clients;
pub mod counter;
pub(crate) mod delivery;
pub mod federation;
pub(crate) mod feed;
pub mod gateway;
pub(crate) mod kept_keys;
pub(crate) mod key_rotation;
pub mod keys;
pub mod mailing;
pub mod oauth;
pub mod outbound;
pub mod people;
pub(crate) mod providers;
pub(crate) mod public_uris;
pub(crate) mod readiness;
pub mod refusal;
pub(crate) mod reseal;
pub(crate) mod saml;
pub mod session;
pub mod sign_in;
pub mod sweep;
pub(crate) mod templates;
pub mod tenants;
pub(crate) mod throttle;
pub mod upstream;
pub mod vault;

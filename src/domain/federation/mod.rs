//! Signing in with another provider: Google, Microsoft, GitHub, or an organisation's own by OpenID Connect or SAML 2.0.
//! What a provider proves is a first factor; then a sign-in goes on as any other does (`domain::sign_in`).

pub mod assertion;
pub(crate) mod begin;
pub(crate) mod credentials;
pub(crate) mod examine;
pub(crate) mod finish;
pub(crate) mod identities;
mod just_in_time;
pub mod kinds;
pub(crate) mod linking;
pub(crate) mod pending;
pub(crate) mod redirect;
pub(crate) mod sign_out;
pub(crate) mod trials;
mod used;

use crate::cx::Cx;
use crate::ports::Fault;
use crate::store;

/// The kind of the provider with which a session began, while the identity is linked.
pub(crate) async fn kind_of_session(cx: &Cx, session_id: &str) -> Result<Option<String>, Fault> {
    store::identities::kind_of_session(cx.db.as_ref(), session_id).await
}

//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4): what a client is told when a user's session
//! ends.

use serde::Serialize;
use serde_json::{Value, json};

/// The `typ` of a logout token (§2.4). Nothing of ours accepts it.
pub(crate) const TYP: &str = "logout+jwt";

/// How long one is valid, in seconds (§4: at most two minutes).
pub(crate) const SECONDS: i64 = 120;

/// What a logout token says beside `iat`, `nbf` and `exp`. There is never a `nonce`, so that it cannot pass
/// for an ID token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct LogoutToken<'a> {
    /// The tenant's issuer.
    pub(crate) iss: &'a str,
    /// The client.
    pub(crate) aud: &'a str,
    /// The user's id.
    pub(crate) sub: &'a str,
    /// The grant's session, as its ID token named it.
    pub(crate) sid: &'a str,
    /// Its own id.
    pub(crate) jti: &'a str,
    /// That it is about a logout: [`events`].
    pub(crate) events: Value,
}

/// The `events` of every logout token.
pub(crate) fn events() -> Value {
    json!({ "http://schemas.openid.net/event/backchannel-logout": {} })
}

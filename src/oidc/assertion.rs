//! The forwarded assertion: who calls, signed for one origin, for a minute at most two.

use serde::Serialize;

use crate::oidc::access_token::Act;

/// The `typ` of an assertion. No endpoint of ours accepts it.
pub const TYP: &str = "gw+jwt";

/// How long an assertion is valid, in seconds.
pub const SECONDS: i64 = 60;

/// How long one assertion may be sent again for the same caller and route, in seconds.
pub const REUSE_SECONDS: i64 = 20;

/// What an origin verifies, beside `iat`, `nbf` and `exp`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Assertion<'a> {
    /// The tenant's issuer.
    pub iss: &'a str,
    /// The route's audience.
    pub aud: &'a str,
    /// The id of the user; of the client that calls for itself; of the tenant's own key.
    pub sub: &'a str,
    /// The tenant's id.
    pub tenant_id: &'a str,
    /// The caller's roles.
    pub roles: &'a [String],
    /// Space-separated scopes.
    pub scope: &'a str,
    /// The user's plan, or the tenant's default.
    pub plan: &'a str,
    /// The plan's features.
    pub features: &'a [String],
    /// The session's id; absent for an API key and a client's own token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<&'a str>,
    /// How the user signed in.
    pub amr: &'a [String],
    /// Who acts for the user (RFC 8693 §4.1): the API key, or the client that exchanged the user's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    /// Its own id.
    pub jti: &'a str,
}

//! The forwarded assertion: who calls, signed for one origin, for a minute at most two.

use serde::Serialize;

use crate::oidc::access_token::Act;

/// The `typ` of an assertion. No endpoint of ours accepts it.
pub const TYP: &str = "gw+jwt";

/// How long an assertion is valid, in seconds.
pub const SECONDS: i64 = 60;

/// How long one assertion may be sent again for the same caller and route, in seconds.
pub const REUSE_SECONDS: i64 = 20;

/// The longest that one may be, in bytes.
pub const LONGEST: usize = 6_000;

/// How many bytes an assertion with these claims has at most once it is signed.
pub fn length(claims: &Assertion<'_>) -> usize {
    const HEADER: usize = r#"{"alg":"ES256","kid":"","typ":"gw+jwt"}"#.len() + 43;
    const TIMES: usize = r#""iat":1777636800,"nbf":1777636800,"exp":1777636800,"#.len();
    const SIGNATURE: usize = 64;
    let base64url = |bytes: usize| (bytes * 4).div_ceil(3);
    let payload = serde_json::to_string(claims).map_or(usize::MAX / 8, |text| text.len()) + TIMES;
    base64url(HEADER) + 1 + base64url(payload) + 1 + base64url(SIGNATURE)
}

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

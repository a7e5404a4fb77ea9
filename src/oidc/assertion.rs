//! The forwarded assertion: who calls, signed for one origin, for a minute at most two.

use serde::Serialize;

use crate::oidc::access_token::Act;
use crate::oidc::dpop::Confirmation;

/// The `typ` of an assertion. No endpoint of ours accepts it.
pub(crate) const TYP: &str = "gw+jwt";

/// How long an assertion is valid, in seconds.
pub(crate) const SECONDS: i64 = 60;

/// How long one assertion may be sent again for the same caller and route, in seconds.
pub(crate) const REUSE_SECONDS: i64 = 20;

/// The longest that one may be, in bytes.
pub(crate) const LONGEST: usize = 6_000;

/// How many bytes an assertion with these claims has at most once it is signed.
pub(crate) fn length(claims: &Assertion<'_>) -> usize {
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
pub(crate) struct Assertion<'a> {
    /// The tenant's issuer.
    pub(crate) iss: &'a str,
    /// The route's audience.
    pub(crate) aud: &'a str,
    /// The id of the user; of the client that calls for itself; of the tenant's own key.
    pub(crate) sub: &'a str,
    pub(crate) tenant_id: &'a str,
    /// The caller's roles.
    pub(crate) roles: &'a [String],
    /// Space-separated scopes.
    pub(crate) scope: &'a str,
    /// The user's plan, or the tenant's default.
    pub(crate) plan: &'a str,
    /// The plan's features.
    pub(crate) features: &'a [String],
    /// The session's id; absent for an API key and a client's own token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<&'a str>,
    /// How the user signed in.
    pub(crate) amr: &'a [String],
    /// The key that the caller's access token is bound to, and that they proved to hold (RFC 9449 §6.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cnf: Option<&'a Confirmation>,
    /// Who acts for the user (RFC 8693 §4.1): the API key, or the client that exchanged the user's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) act: Option<Act>,
    /// Its own id.
    pub(crate) jti: &'a str,
}

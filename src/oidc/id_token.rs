//! ID tokens (OpenID Connect Core 1.0 §2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::crypto::secret::{base64url, sha256};
use crate::model::factor::has_two;

/// The `typ` of an ID token.
pub(crate) const TYP: &str = "JWT";

/// The `acr` of a sign-in with one factor.
pub(crate) const ACR_ONE_FACTOR: &str = "urn:portcullis:acr:1fa";

/// The `acr` of a sign-in with a second factor.
pub(crate) const ACR_TWO_FACTORS: &str = "urn:portcullis:acr:2fa";

/// What the `amr` of a session amounts to.
pub(crate) fn acr(amr: &[String]) -> &'static str {
    if has_two(amr) { ACR_TWO_FACTORS } else { ACR_ONE_FACTOR }
}

/// What an ID token says beside `iat`, `nbf` and `exp`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct IdToken {
    /// The tenant's issuer.
    pub(crate) iss: String,
    /// The user's id.
    pub(crate) sub: String,
    /// The client.
    pub(crate) aud: String,
    /// What the client's request said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) nonce: Option<String>,
    /// When the user signed in, in seconds since the epoch.
    pub(crate) auth_time: i64,
    /// How well.
    pub(crate) acr: String,
    /// How (RFC 8176).
    pub(crate) amr: Vec<String>,
    /// Binds the access token that came along.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) at_hash: Option<String>,
    /// The grant's session.
    pub(crate) sid: String,
    #[serde(rename = "tenantId")]
    pub(crate) tenant_id: String,
    /// Claims about the user; they are not read back.
    #[serde(flatten, skip_deserializing)]
    pub(crate) more: Map<String, Value>,
}

/// `at_hash`: the left half of the access token's SHA-256 (§3.1.3.6).
pub(crate) fn at_hash(access_token: &str) -> String {
    base64url(sha256(access_token.as_bytes()).get(..16).unwrap_or_default())
}

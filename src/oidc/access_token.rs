//! Access tokens: JWT profile of RFC 9068, with the claims that the documents show (`userId`, `tenantId`,
//! `roles`, `type`).

use serde::{Deserialize, Serialize};

/// The `typ` of an access token (RFC 9068 §2.1).
pub const TYP: &str = "at+jwt";

/// What an access token says beside `iat`, `nbf` and `exp`, which [`crate::crypto::jws::sign`] sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessToken {
    /// The tenant's issuer.
    pub iss: String,
    /// The user's id.
    pub sub: String,
    /// The same as `sub`.
    pub user_id: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// Who it is for: the issuer itself, for our APIs and the gateway.
    pub aud: String,
    /// Its own id.
    pub jti: String,
    /// The session's id.
    pub sid: String,
    /// The user's roles, at most three.
    pub roles: Vec<String>,
    /// Space-separated scopes.
    pub scope: String,
    /// The user's plan.
    pub plan: String,
    /// Always `access`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How the user signed in (RFC 8176).
    pub amr: Vec<String>,
    /// When the user signed in, in seconds since the epoch.
    #[serde(rename = "auth_time")]
    pub auth_time: i64,
}

/// The part of a token that says whose key to look for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Whose {
    /// The tenant that it claims to be of.
    pub tenant_id: String,
}

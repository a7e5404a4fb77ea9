//! The shapes of the OAuth endpoints' forms and answers.

#![expect(dead_code, reason = "read by utoipa alone")]

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::tenant::docs::Client;

#[derive(ToSchema)]
pub(crate) struct Failure {
    /// A code that an RFC registers, as `invalid_grant`.
    error: String,
    #[schema(nullable = false)]
    error_description: Option<String>,
}

/// RFC 7517 §5.
#[derive(ToSchema)]
pub(crate) struct Jwks {
    keys: Vec<Jwk>,
}

/// RFC 7517 §4.
#[derive(ToSchema)]
pub(crate) struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    kid: String,
    alg: String,
    #[schema(rename = "use")]
    usage: String,
}

/// RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1.
#[derive(ToSchema)]
pub(crate) struct Request {
    client_id: String,
    /// `code`.
    response_type: Option<String>,
    redirect_uri: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    /// `S256`.
    code_challenge_method: Option<String>,
    /// `query` or `form_post`.
    response_mode: Option<String>,
    prompt: Option<String>,
    max_age: Option<String>,
    login_hint: Option<String>,
    id_token_hint: Option<String>,
    acr_values: Option<String>,
    claims: Option<String>,
    ui_locales: Option<String>,
    /// RFC 8707.
    resource: Option<String>,
    /// From a pushed request, which has all other parameters.
    request_uri: Option<String>,
}

/// Each grant type has its own fields.
#[derive(ToSchema)]
pub(crate) struct Grant {
    grant_type: String,
    /// With `authorization_code`.
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    /// With `refresh_token`.
    refresh_token: Option<String>,
    /// With the device grant.
    device_code: Option<String>,
    /// With token exchange.
    subject_token: Option<String>,
    subject_token_type: Option<String>,
    actor_token: Option<String>,
    actor_token_type: Option<String>,
    requested_token_type: Option<String>,
    audience: Option<String>,
    scope: Option<String>,
    resource: Option<String>,
}

/// RFC 6749 §5.1, OpenID Connect Core §3.1.3.3.
#[derive(ToSchema)]
pub(crate) struct Issued {
    access_token: String,
    token_type: String,
    /// Seconds.
    expires_in: i64,
    scope: String,
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    #[schema(nullable = false)]
    id_token: Option<String>,
    /// With token exchange.
    #[schema(nullable = false)]
    issued_token_type: Option<String>,
}

#[derive(ToSchema)]
pub(crate) struct Token {
    token: String,
    token_type_hint: Option<String>,
}

#[derive(ToSchema)]
pub(crate) struct Pushed {
    request_uri: String,
    expires_in: i64,
}

/// RFC 8628 §3.1.
#[derive(ToSchema)]
pub(crate) struct Device {
    scope: Option<String>,
    /// RFC 8707.
    resource: Option<String>,
}

/// RFC 8628 §3.2.
#[derive(ToSchema)]
pub(crate) struct DeviceCode {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: i64,
    interval: i64,
}

/// RP-Initiated Logout 1.0 §2.
#[derive(ToSchema)]
pub(crate) struct Logout {
    id_token_hint: Option<String>,
    logout_hint: Option<String>,
    client_id: Option<String>,
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
    ui_locales: Option<String>,
}

/// RFC 7662.
#[derive(ToSchema)]
pub(crate) struct Introspection {
    active: bool,
    #[schema(nullable = false)]
    scope: Option<String>,
    #[schema(nullable = false)]
    client_id: Option<String>,
    #[schema(nullable = false)]
    username: Option<String>,
    #[schema(nullable = false)]
    token_type: Option<String>,
    #[schema(nullable = false)]
    exp: Option<i64>,
    #[schema(nullable = false)]
    iat: Option<i64>,
    #[schema(nullable = false)]
    nbf: Option<i64>,
    #[schema(nullable = false)]
    sub: Option<String>,
    /// One, or a list.
    #[schema(nullable = false)]
    aud: Option<Audience>,
    #[schema(nullable = false)]
    iss: Option<String>,
    #[schema(nullable = false)]
    jti: Option<String>,
    #[schema(nullable = false)]
    sid: Option<String>,
    /// RFC 9470 §6.2: how strongly the user signed in, by which methods, and when.
    #[schema(nullable = false)]
    acr: Option<String>,
    #[schema(nullable = false)]
    amr: Option<Vec<String>>,
    #[schema(nullable = false)]
    auth_time: Option<i64>,
    #[schema(nullable = false, rename = "tenantId")]
    tenant_id: Option<String>,
    #[schema(nullable = false)]
    roles: Option<Vec<String>>,
    /// RFC 8693 §4.1: who acts for the subject.
    #[schema(nullable = false)]
    act: Option<serde_json::Value>,
}

#[derive(ToSchema, Serialize)]
#[serde(untagged)]
pub(crate) enum Audience {
    One(String),
    Many(Vec<String>),
}

/// RFC 7591 §3.2.1, RFC 7592 §3.
#[derive(ToSchema, Serialize)]
pub(crate) struct Registered {
    #[serde(flatten)]
    client: Client,
    registration_client_uri: String,
    registration_access_token: String,
}

/// OpenID Connect Core §5.3.2; the claims that the scope grants.
#[derive(ToSchema)]
pub(crate) struct UserInfo {
    sub: String,
    #[schema(rename = "tenantId")]
    tenant_id: String,
    #[schema(nullable = false)]
    name: Option<String>,
    #[schema(nullable = false)]
    roles: Option<Vec<String>>,
    #[schema(nullable = false)]
    email: Option<String>,
    #[schema(nullable = false)]
    email_verified: Option<bool>,
}

#[derive(ToSchema)]
pub(crate) struct Bearer {
    /// Where `Authorization` has none (RFC 6750 §2.2).
    access_token: Option<String>,
}

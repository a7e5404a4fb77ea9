//! What the OAuth endpoints read as parameters, and the answers whose members are known only when they are made.

#![expect(dead_code, reason = "read by utoipa alone")]

use utoipa::ToSchema;

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
    /// RFC 9449 §10.
    dpop_jkt: Option<String>,
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
    /// `connection:{provider}` or `connection:{provider}:{label}` for the token of a connected service.
    audience: Option<String>,
    scope: Option<String>,
    resource: Option<String>,
}

#[derive(ToSchema)]
pub(crate) struct Token {
    token: String,
    token_type_hint: Option<String>,
}

/// RFC 8628 §3.1.
#[derive(ToSchema)]
pub(crate) struct Device {
    scope: Option<String>,
    /// RFC 8707.
    resource: Option<String>,
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

/// OpenID Connect Core §5.3.2; the claims that the scope grants.
#[derive(ToSchema)]
pub(crate) struct UserInfo {
    sub: String,
    #[schema(rename = "tenantId")]
    tenant_id: String,
    #[schema(nullable = false)]
    name: Option<String>,
    #[schema(nullable = false)]
    preferred_username: Option<String>,
    #[schema(nullable = false)]
    picture: Option<String>,
    #[schema(nullable = false)]
    locale: Option<String>,
    #[schema(nullable = false)]
    zoneinfo: Option<String>,
    /// Seconds since 1970.
    #[schema(nullable = false)]
    updated_at: Option<i64>,
    #[schema(nullable = false)]
    roles: Option<Vec<String>>,
    #[schema(nullable = false)]
    groups: Option<Vec<String>>,
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

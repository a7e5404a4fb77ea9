//! Clients: applications that sign people in here, described in RFC 7591's terms.

use serde::{Deserialize, Serialize};

/// How a client proves at the token endpoint who it is (RFC 7591 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Not at all: a public client.
    None,
    /// Its secret in `Authorization: Basic`.
    ClientSecretBasic,
    /// Its secret in the body.
    ClientSecretPost,
    /// A JWT that it signed (RFC 7523).
    PrivateKeyJwt,
}

/// What a client is; absent members have RFC 7591's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Where its users may be sent back to, compared as exact strings.
    pub redirect_uris: Vec<String>,
    /// Where they may be sent after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// The grants that it may use.
    pub grant_types: Vec<String>,
    /// `code`, or nothing.
    pub response_types: Vec<String>,
    /// How it proves who it is.
    pub token_endpoint_auth_method: AuthMethod,
    /// The scopes that it may ask for, space-separated.
    pub scope: String,
    /// `web` or `native`.
    pub application_type: String,
    /// A page about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Its privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Whom to write to about it.
    pub contacts: Vec<String>,
    /// Its keys, for `private_key_jwt`: a JWK Set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// Where logout tokens go (Back-Channel Logout 1.0 §2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether those must name the session.
    pub backchannel_logout_session_required: bool,
    /// `max_age` of a request that says none, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<i64>,
    /// Whether each of its requests must be pushed (RFC 9126 §6).
    pub require_pushed_authorization_requests: bool,
    /// Whether it must use PKCE; public clients always do.
    pub require_pkce: bool,
    /// Whether users are asked before it learns about them; those that registered themselves always ask.
    pub require_consent: bool,
    /// What else than the issuer its tokens may be for (RFC 8707): absolute URIs.
    pub resources: Vec<String>,
    /// The roles of its own tokens, from the client credentials grant.
    pub roles: Vec<String>,
}

impl Default for Metadata {
    fn default() -> Metadata {
        Metadata {
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: vec!["authorization_code".into()],
            response_types: vec!["code".into()],
            token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
            scope: "openid profile email offline_access".into(),
            application_type: "web".into(),
            client_uri: None,
            logo_uri: None,
            tos_uri: None,
            policy_uri: None,
            contacts: Vec::new(),
            jwks: None,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            default_max_age: None,
            require_pushed_authorization_requests: false,
            require_pkce: true,
            require_consent: false,
            resources: Vec::new(),
            roles: Vec::new(),
        }
    }
}

impl Metadata {
    /// Whether the client may use a grant.
    pub fn grants(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|granted| granted == grant_type)
    }

    /// Whether it has nothing to prove who it is.
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == AuthMethod::None
    }
}

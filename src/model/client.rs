//! Clients: applications that sign people in here, described in RFC 7591's terms.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::json::{self, Wrong};
use crate::model::signing_alg::{SigningAlg, UserinfoAlg};

/// RFC 6749 §4.1.
pub(crate) const AUTHORIZATION_CODE: &str = "authorization_code";
/// RFC 6749 §6.
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
/// RFC 6749 §4.4.
pub(crate) const CLIENT_CREDENTIALS: &str = "client_credentials";
/// RFC 8628 §3.4.
pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8693 §2.1.
pub(crate) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The grants that a client may be given.
pub(crate) const GRANTS: [&str; 5] =
    [AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, DEVICE_CODE, TOKEN_EXCHANGE];

/// How clients authenticate, as it is written.
pub(crate) const AUTH_METHODS: [&str; 4] =
    ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];

/// The algorithms that a client may sign its assertions with.
pub(crate) const ASSERTION_ALGORITHMS: [&str; 4] = ["ES256", "RS256", "EdDSA", "Ed25519"];

/// How a client authenticates at the token endpoint (RFC 7591 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
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

impl AuthMethod {
    /// Whether it shows a secret, which it may send in either way (RFC 6749 §2.3.1).
    pub(crate) fn has_secret(self) -> bool {
        matches!(self, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)
    }
}

/// What a client is; absent members have RFC 7591's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
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
    /// How it authenticates; with a secret, the one of the two ways that it uses by default.
    pub token_endpoint_auth_method: AuthMethod,
    /// The only algorithm that its assertions may be signed with; any of its keys' without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// The scopes that it may ask for, space-separated.
    pub scope: String,
    /// `web` or `native`.
    pub application_type: String,
    /// A page about the client.
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
    /// Contacts for the client, as e-mail addresses.
    pub contacts: Vec<String>,
    /// Its keys, for `private_key_jwt`: a JWK Set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where its keys are instead: `https` at a public name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// What its ID tokens and logout tokens are signed with (OpenID Connect Registration 1.0 §2).
    pub id_token_signed_response_alg: SigningAlg,
    /// What answers of the UserInfo endpoint are signed with; `none` for plain JSON, as by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<UserinfoAlg>,
    /// Where logout tokens go (Back-Channel Logout 1.0 §2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether logout tokens must name the session.
    pub backchannel_logout_session_required: bool,
    /// `max_age` of a request that has none, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<i64>,
    /// `acr_values` of a request that has none.
    pub default_acr_values: Vec<String>,
    /// Whether it needs `auth_time` in ID tokens, where it always is.
    pub require_auth_time: bool,
    /// Whether each of its requests must be pushed (RFC 9126 §6).
    pub require_pushed_authorization_requests: bool,
    /// Whether it must use PKCE (RFC 7636). `true` requires it, `false` does not ask for it; without it, a request brings
    /// PKCE, or a `nonce` with the scope `openid`. Public clients and agents always use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pkce: Option<bool>,
    /// Whether its access tokens are always bound to a key (RFC 9449 §5.2).
    pub dpop_bound_access_tokens: bool,
    /// Whether users are asked for consent; clients that registered themselves always ask.
    pub require_consent: bool,
    /// Audiences that its tokens may have besides the issuer (RFC 8707): absolute URIs.
    pub resources: Vec<String>,
    /// The roles of its own tokens, from the client credentials grant.
    pub roles: Vec<String>,
}

impl Default for Metadata {
    fn default() -> Metadata {
        Metadata {
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: vec![AUTHORIZATION_CODE.into()],
            response_types: vec!["code".into()],
            token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
            token_endpoint_auth_signing_alg: None,
            scope: "openid profile email offline_access".into(),
            application_type: "web".into(),
            client_uri: None,
            logo_uri: None,
            tos_uri: None,
            policy_uri: None,
            contacts: Vec::new(),
            jwks: None,
            jwks_uri: None,
            id_token_signed_response_alg: SigningAlg::Es256,
            userinfo_signed_response_alg: None,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            default_max_age: None,
            default_acr_values: Vec::new(),
            require_auth_time: false,
            require_pushed_authorization_requests: false,
            require_pkce: None,
            dpop_bound_access_tokens: false,
            require_consent: false,
            resources: Vec::new(),
            roles: Vec::new(),
        }
    }
}

impl Metadata {
    /// Whether the client may use a grant.
    pub(crate) fn grants(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|granted| granted == grant_type)
    }

    /// `require_pkce` as it is in effect for a client that is no agent.
    pub(crate) fn effective_require_pkce(&self) -> Option<bool> {
        if self.is_public() { Some(true) } else { self.require_pkce }
    }

    /// What answers of the UserInfo endpoint are signed with, if they are.
    pub(crate) fn signs_userinfo(&self) -> Option<SigningAlg> {
        self.userinfo_signed_response_alg?.signing()
    }

    /// Whether something of what it gets is signed with that.
    pub(crate) fn gets_signed_with(&self, alg: SigningAlg) -> bool {
        self.id_token_signed_response_alg == alg || self.signs_userinfo() == Some(alg)
    }

    /// Its pages that people are shown, by the members that name them.
    pub(crate) fn pages(&self) -> [(&'static str, &Option<String>); 4] {
        [
            ("client_uri", &self.client_uri),
            ("logo_uri", &self.logo_uri),
            ("tos_uri", &self.tos_uri),
            ("policy_uri", &self.policy_uri),
        ]
    }

    /// Whether it has nothing to prove who it is.
    pub(crate) fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == AuthMethod::None
    }
}

/// The members of [`Metadata`], as they are written.
pub const MEMBERS: [&str; 29] = [
    "redirect_uris",
    "post_logout_redirect_uris",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "scope",
    "application_type",
    "client_uri",
    "logo_uri",
    "tos_uri",
    "policy_uri",
    "contacts",
    "jwks",
    "jwks_uri",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "default_max_age",
    "default_acr_values",
    "require_auth_time",
    "require_pushed_authorization_requests",
    "require_pkce",
    "dpop_bound_access_tokens",
    "require_consent",
    "resources",
    "roles",
    NAME,
];

/// The member that stands in a column of its own.
const NAME: &str = "client_name";

/// What was said about a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its `client_name`.
    pub name: Option<String>,
    /// What it is.
    pub metadata: Metadata,
    /// Members that say nothing to us.
    pub unknown: Vec<String>,
}

impl Described {
    /// Reads the members that somebody sent. One that is null is as good as absent (RFC 7592 §2.2), and so has
    /// its default; a client that says its grants and does without codes needs no response type.
    ///
    /// # Errors
    /// The name of a member of the wrong type, and what was expected of it.
    pub fn read(sent: Map<String, Value>) -> Result<Described, (&'static str, String)> {
        let said = sent.into_iter().filter(|(_, value)| !value.is_null());
        let (mut members, unknown): (Map<_, _>, Map<_, _>) =
            said.partition(|(name, _)| MEMBERS.contains(&name.as_str()));
        let unknown = unknown.into_iter().map(|(name, _)| name).collect();
        let name = match members.remove(NAME) {
            None => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err((NAME, "expected a string".into())),
        };
        let says_responses = members.contains_key("response_types");
        let mut metadata: Metadata =
            json::read(Value::Object(members)).map_err(|wrong| (mistyped(&wrong), wrong.to_string()))?;
        if !says_responses && !metadata.grants(AUTHORIZATION_CODE) {
            metadata.response_types.clear();
        }
        Ok(Described { name, metadata, unknown })
    }
}

/// The member that could not be read.
fn mistyped(wrong: &Wrong) -> &'static str {
    let is_in = |name: &&str| wrong.place().split(['.', '[']).next() == Some(*name);
    MEMBERS.into_iter().find(is_in).unwrap_or(NAME)
}

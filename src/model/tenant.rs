//! A tenant's settings, and the names of the tenant that every deployment has.

use serde::{Deserialize, Serialize};

use crate::model::role::DEFAULT_PLAN;

/// The home tenant's id, and the name of the home directory.
pub(crate) const HOME: &str = "home";

/// What a deployment is called that has no name and no domain.
pub(crate) const UNNAMED: &str = "Portcullis";

/// A tenant's settings; absent members have these defaults. Lives are in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Life of an access token: 60 to 30 days.
    pub(crate) access_token_seconds: i64,
    /// Life of a refresh token: 60 to 400 days.
    pub(crate) refresh_token_seconds: i64,
    /// How long a spent refresh token's retry gets the same successor: 0 to 60.
    pub(crate) refresh_grace_seconds: i64,
    /// A browser's session ends after so long without use.
    pub(crate) session_idle_seconds: i64,
    /// A browser's session ends after so long at the latest.
    pub(crate) session_absolute_seconds: i64,
    /// Whether an address must be confirmed before its owner can log in.
    pub(crate) require_verified_email: bool,
    /// Whether people can register themselves.
    pub(crate) allow_registration: bool,
    /// Domains whose addresses may register, compared whole; all when empty. It takes
    /// `require_verified_email`, without which anyone could claim an address there.
    pub(crate) registration_domains: Vec<String>,
    /// Shortest password, in characters: 6 to 64.
    pub(crate) min_password_length: usize,
    /// Whether the passwords that everybody tries first are refused.
    pub(crate) refuse_common_passwords: bool,
    /// Whether sign-ins take a second factor.
    pub(crate) mfa: MfaPolicy,
    /// Days for which a browser can be trusted to need none: 0, which is never, to 90.
    pub(crate) trusted_device_days: i64,
    /// Wrong second factors before a user is locked out: 1 to 20.
    pub(crate) mfa_attempts: u32,
    /// How long that lasts: 60 to a day.
    pub(crate) mfa_lockout_seconds: i64,
    /// How long after a sign-in or step-up people may set up, change or remove what they sign in with: 60 to 3600.
    pub(crate) reauthentication_seconds: i64,
    /// The same for API keys, and for what administrators make that lets somebody in: 60 to 7 days.
    pub(crate) api_key_reauthentication_seconds: i64,
    /// Whether people can sign in by a link or code in their mail.
    pub(crate) magic_links: bool,
    /// Whether such a link makes an account for an address that has none.
    pub(crate) magic_link_sign_up: bool,
    /// Whether people can sign in with passkeys.
    pub(crate) passkeys: bool,
    /// Roles of a user who registers.
    pub(crate) default_roles: Vec<String>,
    /// The plan of a user who has none.
    pub(crate) default_plan: String,
    /// What API keys start with.
    pub(crate) api_key_prefix: String,
    /// Whether clients may make API keys for users who allow it, with the scope `api_keys:create`: each is a child of
    /// the grant and ends with it.
    pub(crate) client_api_keys: bool,
    /// Who may register OAuth clients besides administrators.
    pub(crate) client_registration: ClientRegistration,
    /// Whether DPoP proofs need a nonce of ours, so that none can be made in advance (RFC 9449 §8).
    pub(crate) require_dpop_nonce: bool,
    /// Whether a client may be the URL of a document that describes it (Client ID Metadata Documents); where nothing is
    /// said, if `client_registration` is `open`.
    pub(crate) client_metadata_documents: Option<bool>,
    /// Origins whose scripts may call our APIs, besides those of the clients' redirect URIs.
    pub(crate) allowed_origins: Vec<String>,
    /// Where a sign-in ends that began nowhere: a web address. The account page if there is none.
    pub(crate) home_url: Option<String>,
    /// Days that the log keeps sign-ins and what else happens every day: 30 to 3,650. It holds for what is written from
    /// then on.
    pub(crate) audit_sign_in_days: i64,
    /// Days that the log keeps changes of credentials, people, rights and settings, and signs of an attack: 90 to 3,650.
    pub(crate) audit_security_days: i64,
    /// Whether a key of the tenant's own, or a client by itself, with the scope `vault:{provider}` gets the tokens and keys
    /// that people of the tenant connected there.
    pub(crate) vault_delegation: bool,
    /// Days after which a connection ends that nobody used: 0, which is never, to 3,650.
    pub(crate) connection_idle_days: i64,
}

impl Settings {
    /// Whether a client may be the URL of a document that describes it.
    pub(crate) fn takes_metadata_documents(&self) -> bool {
        self.client_metadata_documents.unwrap_or(self.client_registration == ClientRegistration::Open)
    }
}

/// Whether sign-ins take a second factor. A user who has one is asked for it in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) enum MfaPolicy {
    /// Nobody has to have one, and nobody sets one up.
    Off,
    /// Nobody has to have one.
    Optional,
    /// Everybody's does; who has none sets one up at the next sign-in.
    Required,
}

/// Who may register OAuth clients (RFC 7591 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) enum ClientRegistration {
    /// Nobody.
    Closed,
    /// Who has an initial access token.
    Token,
    /// Anyone.
    Open,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            access_token_seconds: 900,
            refresh_token_seconds: 30 * 86_400,
            refresh_grace_seconds: 10,
            session_idle_seconds: 12 * 3_600,
            session_absolute_seconds: 30 * 86_400,
            require_verified_email: true,
            allow_registration: true,
            registration_domains: Vec::new(),
            min_password_length: 8,
            refuse_common_passwords: true,
            mfa: MfaPolicy::Optional,
            trusted_device_days: 0,
            mfa_attempts: 5,
            mfa_lockout_seconds: 900,
            reauthentication_seconds: 600,
            api_key_reauthentication_seconds: 86_400,
            magic_links: true,
            magic_link_sign_up: false,
            passkeys: true,
            default_roles: Vec::new(),
            default_plan: DEFAULT_PLAN.into(),
            api_key_prefix: "pc".into(),
            client_api_keys: false,
            client_registration: ClientRegistration::Closed,
            require_dpop_nonce: false,
            client_metadata_documents: None,
            allowed_origins: Vec::new(),
            home_url: None,
            audit_sign_in_days: 90,
            audit_security_days: 400,
            vault_delegation: false,
            connection_idle_days: 0,
        }
    }
}

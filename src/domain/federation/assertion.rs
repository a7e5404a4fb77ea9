//! What a provider says of a person.

use serde_json::{Map, Value};

use crate::model::time::Time;

/// What a provider says of the person who signed in there, after everything about it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAssertion {
    /// Who says it. With the subject it is the key of the identity:
    ///
    /// | kind | issuer | subject |
    /// |---|---|---|
    /// | Google | `https://accounts.google.com` | `sub` |
    /// | Microsoft | `https://login.microsoftonline.com/{tid}/v2.0` | `oid` |
    /// | GitHub | `https://github.com` | `id` |
    /// | OpenID Connect | `iss` | `sub` |
    /// | SAML | entity id | `NameID` |
    pub issuer: String,
    /// Who the person is there; see [`ProviderAssertion::issuer`].
    pub subject: String,
    /// The address, as it was sent.
    pub email: Option<String>,
    /// Whether the provider says that it verified the address, by the rules of its kind.
    pub email_verified: bool,
    /// Whether the provider is authoritative for the address by the rules of its kind. An organisation's own never is by
    /// itself: that takes a verified domain.
    pub authoritative: bool,
    /// What to show.
    pub name: Option<String>,
    /// The organisation there (`hd`, `tid`); `None` for a personal account.
    pub organisation: Option<String>,
    /// How the person proved who they are there, in the provider's words (RFC 8176).
    pub amr: Vec<String>,
    /// The same as a class, in the provider's words.
    pub acr: Option<String>,
    /// When they proved it there.
    pub auth_time: Option<Time>,
    /// All that it says, for the role map; SAML attributes are lists of texts.
    pub claims: Map<String, Value>,
    /// What signing out there takes.
    pub session: Option<ProviderSession>,
    /// When the session there ends, if the provider says so (`SessionNotOnOrAfter` of SAML).
    pub session_until: Option<Time>,
    /// What this sign-in uses up besides its state, with when each could not be used any more: the id of a SAML assertion.
    pub once: Vec<(String, Time)>,
}

/// What a provider calls the session there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase", tag = "protocol")]
pub enum ProviderSession {
    /// OpenID Connect: the session's id, if it has one.
    Oidc {
        /// `sid`.
        sid: Option<String>,
    },
    /// SAML 2.0.
    Saml {
        /// The `NameID` as it was sent, with its format and qualifiers.
        name_id: String,
        /// Its `Format`.
        format: Option<String>,
        /// Its `NameQualifier`.
        name_qualifier: Option<String>,
        /// Its `SPNameQualifier`.
        sp_name_qualifier: Option<String>,
        /// `SessionIndex`.
        session_index: Option<String>,
    },
}

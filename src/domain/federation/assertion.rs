//! What a provider says of a person.

use serde_json::{Map, Value};

use crate::model::time::Time;

/// What a provider says of the person who signed in there, after everything about it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProviderAssertion {
    /// Who says it. With the subject it is the key of the identity:
    ///
    /// | kind | issuer | subject |
    /// |---|---|---|
    /// | Google | `https://accounts.google.com` | `sub` |
    /// | Microsoft | `https://login.microsoftonline.com/{tid}/v2.0` | `oid` |
    /// | GitHub | `https://github.com` | `id` |
    /// | OpenID Connect | `iss` | `sub` |
    /// | SAML | entity id | `NameID` |
    pub(crate) issuer: String,
    /// Who the person is there; see [`ProviderAssertion::issuer`].
    pub(crate) subject: String,
    /// The address, as it was sent.
    pub(crate) email: Option<String>,
    /// Whether the provider says that it verified the address, by the rules of its kind.
    pub(crate) email_verified: bool,
    /// Whether the provider is authoritative for the address by the rules of its kind. An organisation's own never is by
    /// itself: that takes a verified domain.
    pub(crate) authoritative: bool,
    /// What to show.
    pub(crate) name: Option<String>,
    /// The organisation there (`hd`, `tid`); `None` for a personal account.
    pub(crate) organisation: Option<String>,
    /// How the person proved who they are there, in the provider's words (RFC 8176).
    pub(crate) amr: Vec<String>,
    /// The same as a class, in the provider's words.
    pub(crate) acr: Option<String>,
    /// When they proved it there.
    pub(crate) auth_time: Option<Time>,
    /// All that it says, for the role map; SAML attributes are lists of texts.
    pub(crate) claims: Map<String, Value>,
    /// What signing out there takes.
    pub(crate) session: Option<ProviderSession>,
    /// What this sign-in uses up besides its state, with when each could not be used any more: the id of a SAML assertion.
    pub(crate) once: Vec<(String, Time)>,
}

/// What a provider calls the session there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", tag = "protocol")]
pub(crate) enum ProviderSession {
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

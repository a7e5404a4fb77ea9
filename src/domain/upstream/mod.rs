//! The client of other servers' OAuth 2.0 (RFC 6749) and OpenID Connect Core 1.0: where a sign-in or a consent begins
//! ([`authorize`]), what a code or a refresh token is exchanged for ([`tokens`]), what is given back ([`revoke`]), who
//! signed in ([`id_token`], [`userinfo`]), which account it is ([`account`]), and where all that is ([`discovery`]). Where
//! a server departs from the standards, its [`Dialect`] says how.
//!
//! It knows servers, not persons: what a provider's word is worth is decided by its callers. All requests go through
//! `domain::outbound` with the [`Reach`] of whoever chose the address, with bounded sizes and times. An [`Error`] says whose
//! fault it was, and carries nothing that a provider sent but its error code.

pub mod account;
mod answers;
pub mod authorize;
mod client_authentication;
mod dialect;
pub mod discovery;
mod error;
pub mod id_token;
pub mod jwks;
pub mod revoke;
pub mod tokens;
pub mod userinfo;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::crypto::foreign::Alg;
use crate::ports::http::Reach;

pub use self::dialect::Dialect;
pub use self::error::Error;

/// Who asks: some servers answer nobody who does not say it.
const USER_AGENT: &str = "Portcullis";

/// Another server, and what we are there.
pub struct Upstream {
    /// Who it says that it is.
    pub issuer: Issuer,
    /// Where it is asked.
    pub endpoints: Endpoints,
    /// Our id there.
    pub client_id: String,
    /// How we prove that we are it.
    pub authentication: Authentication,
    /// Who chose its addresses.
    pub reach: Reach,
    /// What it signs with.
    pub algorithms: Vec<Alg>,
    /// Whom its ID tokens are for.
    pub audience: Audience,
    /// Whether its authorization responses must say `iss` (RFC 9207 §3).
    pub says_iss: bool,
    /// Where it departs from the standards.
    pub dialect: Dialect,
}

/// Where a server is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Where browsers are sent (RFC 6749 §3.1).
    pub authorization: String,
    /// Where grants are exchanged (RFC 6749 §3.2).
    pub token: String,
    /// Its keys (RFC 7517 §5).
    pub jwks: Option<String>,
    /// What it knows of a person (OpenID Connect Core 1.0 §5.3).
    pub userinfo: Option<String>,
    /// Where tokens are given back (RFC 7009).
    pub revocation: Option<String>,
    /// Where a person signs out there (OpenID Connect RP-Initiated Logout 1.0 §2).
    pub end_session: Option<String>,
}

/// Who a server says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// It does not say it.
    Unknown,
    /// One, in one of these spellings. The first is the one that is kept.
    Spelled(Vec<String>),
    /// One for each of its tenants, whose id stands for `{tenantid}` and is the claim `tid` too.
    PerTenant(String),
}

impl Issuer {
    /// One in one spelling.
    pub fn exactly(issuer: impl Into<String>) -> Issuer {
        Issuer::Spelled(vec![issuer.into()])
    }

    /// The issuer, in the spelling that is kept, if these are claims of its tokens.
    pub(crate) fn of(&self, claims: &Map<String, Value>) -> Option<String> {
        let said = claims.get("iss")?.as_str()?;
        match self {
            Issuer::Unknown => None,
            Issuer::Spelled(spellings) => {
                let kept = spellings.first()?;
                spellings.iter().any(|one| one == said).then(|| kept.clone())
            }
            Issuer::PerTenant(template) => {
                let tenant = claims.get("tid")?.as_str()?;
                let own = template.replace("{tenantid}", tenant);
                (own == said).then_some(own)
            }
        }
    }

    /// Whether a response says that it is of this issuer.
    fn is_named(&self, said: &str) -> bool {
        match self {
            // There is nothing to compare it with.
            Issuer::Unknown => true,
            Issuer::Spelled(spellings) => spellings.iter().any(|one| one == said),
            Issuer::PerTenant(template) => {
                let (before, after) = template.split_once("{tenantid}").unwrap_or((template, ""));
                let tenant = said.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                tenant.is_some_and(|tenant| !tenant.is_empty() && !tenant.contains('/'))
            }
        }
    }

    /// The identifier that an assertion of ours is for.
    fn identifier(&self) -> Option<&str> {
        match self {
            Issuer::Spelled(spellings) => spellings.first().map(String::as_str),
            Issuer::Unknown | Issuer::PerTenant(_) => None,
        }
    }
}

/// How we prove at a token endpoint who we are (OpenID Connect Core 1.0 §9).
#[derive(Clone, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all: PKCE alone protects the code.
    None,
    /// The secret in `Authorization: Basic`.
    SecretBasic(Zeroizing<String>),
    /// The secret in the form.
    SecretPost(Zeroizing<String>),
    /// An assertion that this tenant's key signs, for the issuer alone.
    PrivateKeyJwt {
        /// The tenant's id.
        tenant_id: String,
    },
}

/// Whom ID tokens are for (OpenID Connect Core 1.0 §3.1.3.7, rules 3 to 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Us among others; then, and whenever it says one, `azp` is us.
    OursByAzp,
    /// Us alone. Another client of ours, as a phone's app, may have been the one that asked.
    OursAlone,
}

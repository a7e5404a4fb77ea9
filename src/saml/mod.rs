//! SAML 2.0 as a service provider, pure: what a message must be before anything that it says is believed, and the
//! messages of ours (OASIS saml-core, saml-bindings, saml-profiles, saml-metadata; XMLDSig Core).
//!
//! The order is always the same: bounds and one parser ([`xml`]), one signature whose bytes are the element's own
//! ([`signature`]), and only then what is read, from the bytes that were verified and nothing else
//! ([`response`], [`logout`]). A pinned certificate decides whose signature counts; what a message says of keys is
//! never looked at.

mod algorithms;
mod assertion;
pub mod certificate;
mod conditions;
pub mod enveloped;
mod expected;
pub mod logout;
pub mod metadata;
mod names;
pub mod own_certificate;
pub mod redirect;
pub mod request;
pub mod response;
mod rule;
pub mod service_provider;
mod signature;
mod signed_info;
mod xml;

pub use self::rule::Rule;

/// Why a message is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejected {
    /// It broke a rule: forged, altered, meant for somebody else, or made wrongly.
    Broke(Rule),
    /// The provider itself says that it did not do what it was asked, with the last part of its status code
    /// (saml-core §3.2.2.2), such as `AuthnFailed`. Whether it was signed is not asked: nobody is signed in by it.
    Declined(String),
}

impl From<Rule> for Rejected {
    fn from(rule: Rule) -> Rejected {
        Rejected::Broke(rule)
    }
}

/// How far the clock of the other side may be from ours, in seconds.
pub const SKEW: i64 = 60;

/// Who signs, as an administrator told us.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The entity id of the identity provider.
    pub entity_id: &'a str,
    /// Its certificates. Any of them may have signed; that one has expired does not matter, since it is the key that
    /// is trusted, by the administrator's word (saml-metadata interoperability profile §2.6.1): it is warned of
    /// instead.
    pub certificates: &'a [certificate::Certificate],
    /// Whether SHA-1 is taken, which its setting must say.
    pub allow_sha1: bool,
}

//! What a verified assertion says of a person, in the terms of every provider.

use serde_json::{Map, Value};

use crate::crypto::secret::stored;
use crate::domain::federation::assertion::{ProviderAssertion, ProviderSession};
use crate::domain::refusal::{Federation, Refusal};
use crate::model::identity_provider::{IdentityProvider, Saml};
use crate::saml::SKEW;
use crate::saml::response::{Assertion, NameId};

const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// What providers call an address: those of Okta and Keycloak, OID `mail`, Entra and AD FS.
const ADDRESSES: [&str; 5] = [
    "email",
    "mail",
    "emailAddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
];

/// What they call a name to show: `displayName`, its OID, Entra's.
const NAMES: [&str; 5] = [
    "displayName",
    "name",
    "cn",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
];

/// Reads it.
///
/// # Errors
/// [`Federation::Failed`] for a name that means nobody: a transient one is another at each sign-in.
pub(super) fn of(
    provider: &IdentityProvider,
    saml: &Saml,
    assertion: Assertion,
) -> Result<ProviderAssertion, Refusal> {
    let NameId { value, format, name_qualifier, sp_name_qualifier } = assertion.name_id.clone();
    if format.as_deref() == Some(TRANSIENT) {
        let why =
            "its NameID is transient, another at each sign-in: have it send a persistent one or the address";
        let provider = provider.spec.name.clone();
        return Err(Refusal::Federation(Federation::Failed { provider, why: why.to_owned() }));
    }
    let configured = &saml.attributes;
    let by_name = (format.as_deref() == Some(EMAIL)).then(|| value.clone());
    let email = one(&assertion, configured.email.as_deref(), &ADDRESSES).or(by_name);
    let name = one(&assertion, configured.name.as_deref(), &NAMES);
    let mut claims: Map<String, Value> =
        assertion.attributes.iter().map(|(name, values)| (name.clone(), values.clone().into())).collect();
    // The role map may call them so, whatever the provider does.
    if let Some(groups) = configured.groups.as_ref().and_then(|groups| assertion.attributes.get(groups)) {
        claims.insert("groups".to_owned(), groups.clone().into());
    }
    let used = stored(&format!("saml-assertion/{}/{}", provider.id, assertion.id));
    Ok(ProviderAssertion {
        issuer: assertion.issuer.clone(),
        subject: value.clone(),
        email,
        email_verified: false,
        authoritative: false,
        name,
        organisation: None,
        amr: methods(&assertion),
        acr: assertion.class.clone(),
        auth_time: Some(assertion.authenticated_at),
        claims,
        session: Some(ProviderSession::Saml {
            name_id: value,
            format,
            name_qualifier,
            sp_name_qualifier,
            session_index: assertion.session_index,
        }),
        session_until: assertion.session_until,
        once: vec![(used, assertion.usable_until.plus(SKEW))],
    })
}

/// The one value of an attribute: the configured one alone, else the first of the usual ones that is there. Two values
/// are none: which of them is meant, nobody says.
fn one(assertion: &Assertion, configured: Option<&str>, usual: &[&str]) -> Option<String> {
    let values = |name: &str| assertion.attributes.get(name);
    let found = match configured {
        Some(name) => values(name),
        None => usual.iter().find_map(|name| values(name)),
    };
    match found.map(Vec::as_slice) {
        Some([one]) if !one.trim().is_empty() => Some(one.trim().to_owned()),
        _ => None,
    }
}

/// The classes that say how somebody signed in, in the words of RFC 8176. What is not known says nothing.
fn methods(assertion: &Assertion) -> Vec<String> {
    const MICROSOFT: &str = "http://schemas.microsoft.com/claims/authnmethodsreferences";
    let attribute = assertion.attributes.get(MICROSOFT).into_iter().flatten();
    let said = assertion.class.iter().chain(attribute);
    let mut methods: Vec<String> = Vec::new();
    for one in said {
        let method = match one.as_str() {
            "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
            | "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
            | "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password" => "pwd",
            "http://schemas.microsoft.com/claims/multipleauthn"
            | "https://refeds.org/profile/mfa"
            | "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorContract"
            | "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorUnregistered" => "mfa",
            "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken" => "otp",
            _ => continue,
        };
        if methods.iter().all(|other| other != method) {
            methods.push(method.to_owned());
        }
    }
    methods
}

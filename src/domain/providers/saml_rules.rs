//! What a SAML 2.0 identity provider must be like.

use crate::domain::providers::problems::{Problems, is_text};
use crate::model::identity_provider::Saml;
use crate::model::provider_description::ProviderDescription;
use crate::model::web_uri::is_web_uri;

/// Its own members.
pub(super) const MEMBERS: [&str; 9] = [
    "idpEntityId",
    "ssoUrl",
    "sloUrl",
    "certificates",
    "idpInitiated",
    "signRequests",
    "allowSha1",
    "nameIdFormat",
    "attributes",
];

/// Characters of an entity id (saml-core §8.3.6).
const LONGEST_ENTITY_ID: usize = 1_024;

/// Certificates that a provider signs with.
const MOST_CERTIFICATES: usize = 10;

/// Characters of an attribute's name.
const LONGEST_ATTRIBUTE: usize = 300;

/// The provider that a description is of.
pub(super) fn saml(wrong: &mut Problems, said: ProviderDescription) -> Saml {
    let idp_entity_id = wrong.need("idpEntityId", said.idp_entity_id);
    if !idp_entity_id.is_empty() && !is_text(&idp_entity_id, LONGEST_ENTITY_ID) {
        wrong.add("idpEntityId", format!("at most {LONGEST_ENTITY_ID} characters"));
    }
    // Browsers go there, we do not: a company's own network is as good as any.
    let url = "a URL with https, or http to this machine";
    let sso_url = wrong.need("ssoUrl", said.sso_url);
    if !sso_url.is_empty() && !is_web_uri(&sso_url) {
        wrong.add("ssoUrl", url);
    }
    if said.slo_url.as_deref().is_some_and(|slo| !is_web_uri(slo)) {
        wrong.add("sloUrl", url);
    }
    let certificates = said.certificates.unwrap_or_default();
    if !(1..=MOST_CERTIFICATES).contains(&certificates.len()) {
        wrong.add(
            "certificates",
            format!("1 to {MOST_CERTIFICATES} certificates, each as PEM or base64 of DER"),
        );
    }
    let format = said.name_id_format;
    if format
        .as_deref()
        .is_some_and(|format| !format.starts_with("urn:oasis:names:tc:SAML:") || !is_text(format, 200))
    {
        wrong.add("nameIdFormat", "as urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
    }
    let attributes = said.attributes.unwrap_or_default();
    let names = [&attributes.email, &attributes.name, &attributes.groups];
    if names.into_iter().flatten().any(|name| !is_text(name, LONGEST_ATTRIBUTE)) {
        wrong.add("attributes", format!("names of 1 to {LONGEST_ATTRIBUTE} characters"));
    }
    Saml {
        idp_entity_id,
        sso_url,
        slo_url: said.slo_url,
        certificates,
        idp_initiated: said.idp_initiated.unwrap_or(false),
        sign_requests: said.sign_requests.unwrap_or(false),
        allow_sha1: said.allow_sha1.unwrap_or(false),
        name_id_format: format,
        attributes,
    }
}

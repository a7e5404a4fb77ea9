//! What a SAML 2.0 identity provider must be like, by its members or by its metadata.

use crate::cx::Cx;
use crate::domain::outbound;
use crate::domain::providers::text::is_text;
use crate::domain::refusal::Problems;
use crate::model::identity_provider::{Binding, Saml};
use crate::model::provider_description::ProviderDescription;
use crate::model::web_uri::is_web_uri;
use crate::ports::Fault;
use crate::ports::http::{HttpRequest, Reach, Why};
use crate::saml::certificate::Certificate;
use crate::saml::metadata;

/// Its own members.
pub(super) const MEMBERS: [&str; 14] = [
    "idpEntityId",
    "ssoUrl",
    "ssoBinding",
    "sloUrl",
    "sloResponseUrl",
    "sloBinding",
    "certificates",
    "idpInitiated",
    "signRequests",
    "allowSha1",
    "nameIdFormat",
    "attributes",
    "metadataUrl",
    "metadataXml",
];

/// What metadata says instead.
pub(crate) const IN_METADATA: [&str; 7] =
    ["idpEntityId", "ssoUrl", "ssoBinding", "sloUrl", "sloResponseUrl", "sloBinding", "certificates"];

/// Characters of an entity id (saml-core §8.3.6).
const LONGEST_ENTITY_ID: usize = 1_024;

/// Certificates that a provider signs with.
const MOST_CERTIFICATES: usize = 10;

/// Characters of an attribute's name.
const LONGEST_ATTRIBUTE: usize = 300;

/// The description with what its metadata says in the place of that.
///
/// # Errors
/// A fault of ours alone: what is wrong with the metadata is a problem of its member.
pub(super) async fn with_metadata(
    cx: &Cx,
    wrong: &mut Problems,
    mut said: ProviderDescription,
) -> Result<ProviderDescription, Fault> {
    let (field, text) = match (said.metadata_url.take(), said.metadata_xml.take()) {
        (None, None) => return Ok(said),
        (Some(_), Some(_)) => {
            wrong.add("metadataXml", "not together with metadataUrl");
            return Ok(said);
        }
        (Some(url), None) => ("metadataUrl", fetch(cx, &url).await?),
        (None, Some(text)) => ("metadataXml", Ok(text)),
    };
    for member in said.members_of_kinds().into_iter().filter(|member| IN_METADATA.contains(member)) {
        wrong.add(member, format!("not together with {field}"));
    }
    match text.and_then(|text| metadata::read(&text).map_err(str::to_owned)) {
        Ok(described) => {
            said.idp_entity_id = Some(described.entity_id);
            // Each list has the redirect binding first.
            if let Some(endpoint) = described.sign_in.into_iter().next() {
                said.sso_url = Some(endpoint.location);
                said.sso_binding = Some(endpoint.binding.as_str().to_owned());
            }
            if let Some(endpoint) = described.logout.into_iter().next() {
                said.slo_url = Some(endpoint.location);
                said.slo_response_url = endpoint.response_location;
                said.slo_binding = Some(endpoint.binding.as_str().to_owned());
            }
            said.certificates = Some(described.certificates);
            said.sign_requests = said.sign_requests.or(Some(described.wants_signed_requests));
            Ok(said)
        }
        Err(why) => {
            wrong.add(field, why);
            Ok(said)
        }
    }
}

/// The metadata at an address, or why there is none.
async fn fetch(cx: &Cx, url: &str) -> Result<Result<String, String>, Fault> {
    const TYPES: &str = "application/samlmetadata+xml, application/xml, text/xml";
    let request = HttpRequest::get(url, TYPES, Reach::Administrator.most_bytes());
    match outbound::send(cx, request, Reach::Administrator).await {
        Ok(answer) if answer.status == 200 => {
            Ok(String::from_utf8(answer.body).map_err(|_| "its metadata is not UTF-8".to_owned()))
        }
        Ok(answer) => Ok(Err(format!("it answered {}", answer.status))),
        Err(unanswered) => match unanswered.why {
            Why::Broken(_) => Err(unanswered.into()),
            _ => Ok(Err(unanswered.to_string())),
        },
    }
}

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
    for (field, slo) in [("sloUrl", &said.slo_url), ("sloResponseUrl", &said.slo_response_url)] {
        if slo.as_deref().is_some_and(|slo| !is_web_uri(slo)) {
            wrong.add(field, url);
        }
    }
    let sso_binding = binding(wrong, "ssoBinding", said.sso_binding.as_deref());
    let slo_binding = binding(wrong, "sloBinding", said.slo_binding.as_deref());
    let certificates = said.certificates.unwrap_or_default();
    if !(1..=MOST_CERTIFICATES).contains(&certificates.len()) {
        wrong.add(
            "certificates",
            format!("1 to {MOST_CERTIFICATES} certificates, each as PEM or base64 of DER"),
        );
    }
    if let Some(why) = certificates.iter().find_map(|one| Certificate::parse(one).err()) {
        wrong.add("certificates", why);
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
        sso_binding,
        slo_url: said.slo_url,
        slo_response_url: said.slo_response_url,
        slo_binding,
        certificates,
        idp_initiated: said.idp_initiated.unwrap_or(false),
        sign_requests: said.sign_requests.unwrap_or(false),
        allow_sha1: said.allow_sha1.unwrap_or(false),
        name_id_format: format,
        attributes,
    }
}

fn binding(wrong: &mut Problems, field: &'static str, said: Option<&str>) -> Binding {
    match said {
        None => Binding::default(),
        Some(said) => Binding::parse(said).unwrap_or_else(|| {
            wrong.add(field, "redirect or post");
            Binding::default()
        }),
    }
}

//! Messages of ours: requests to sign in, requests to sign out, and the answer to one (saml-core §3.4.1, §3.7).

use uppsala::XmlWriter;

use crate::model::time::Time;
use crate::saml::names::{POST, SAML, SAMLP, SUCCESS};
use crate::saml::response::NameId;

/// What every message of ours has.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Its ID: an underscore and letters or digits.
    pub id: &'a str,
    /// When it is made.
    pub at: Time,
    /// The provider's address that it goes to.
    pub destination: &'a str,
    /// Our entity id, for this provider.
    pub issuer: &'a str,
}

/// A request to sign somebody in (saml-core §3.4.1). The answer comes as a form.
pub fn sign_in(head: Head<'_>, consumer: &str, name_id_format: Option<&str>, force: bool) -> String {
    let at = head.at.rfc3339();
    let mut attributes = attributes(&head, &at);
    attributes.push(("AssertionConsumerServiceURL", consumer));
    attributes.push(("ProtocolBinding", POST));
    if force {
        attributes.push(("ForceAuthn", "true"));
    }
    let mut writer = XmlWriter::new();
    writer.start_element("samlp:AuthnRequest", &attributes);
    element(&mut writer, "saml:Issuer", &[], head.issuer);
    let mut policy = vec![("AllowCreate", "true")];
    if let Some(format) = name_id_format {
        policy.push(("Format", format));
    }
    writer.empty_element("samlp:NameIDPolicy", &policy);
    writer.end_element("samlp:AuthnRequest");
    writer.into_string()
}

/// A request to sign somebody out (saml-core §3.7.1).
pub fn sign_out(head: Head<'_>, name_id: &NameId, session_index: Option<&str>, until: Time) -> String {
    let (at, until) = (head.at.rfc3339(), until.rfc3339());
    let mut attributes = attributes(&head, &at);
    attributes.push(("NotOnOrAfter", &until));
    let mut writer = XmlWriter::new();
    writer.start_element("samlp:LogoutRequest", &attributes);
    element(&mut writer, "saml:Issuer", &[], head.issuer);
    let said = [
        ("Format", &name_id.format),
        ("NameQualifier", &name_id.name_qualifier),
        ("SPNameQualifier", &name_id.sp_name_qualifier),
    ];
    let said: Vec<(&str, &str)> =
        said.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    element(&mut writer, "saml:NameID", &said, &name_id.value);
    if let Some(index) = session_index {
        element(&mut writer, "samlp:SessionIndex", &[], index);
    }
    writer.end_element("samlp:LogoutRequest");
    writer.into_string()
}

/// The answer to the provider's request: its sessions have ended here (saml-core §3.7.2).
pub fn signed_out(head: Head<'_>, in_response_to: &str) -> String {
    let at = head.at.rfc3339();
    let mut attributes = attributes(&head, &at);
    attributes.push(("InResponseTo", in_response_to));
    let mut writer = XmlWriter::new();
    writer.start_element("samlp:LogoutResponse", &attributes);
    element(&mut writer, "saml:Issuer", &[], head.issuer);
    writer.start_element("samlp:Status", &[]);
    writer.empty_element("samlp:StatusCode", &[("Value", SUCCESS)]);
    writer.end_element("samlp:Status");
    writer.end_element("samlp:LogoutResponse");
    writer.into_string()
}

fn attributes<'a>(head: &Head<'a>, at: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("xmlns:samlp", SAMLP),
        ("xmlns:saml", SAML),
        ("ID", head.id),
        ("Version", "2.0"),
        ("IssueInstant", at),
        ("Destination", head.destination),
    ]
}

fn element(writer: &mut XmlWriter, name: &str, attributes: &[(&str, &str)], text: &str) {
    writer.start_element(name, attributes);
    writer.text(text);
    writer.end_element(name);
}

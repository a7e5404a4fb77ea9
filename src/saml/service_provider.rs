//! Our metadata, for one provider of a tenant (saml-metadata §2.4.4).

use uppsala::XmlWriter;

use crate::saml::enveloped::write_key_info;
use crate::saml::names::{DSIG, METADATA, POST, REDIRECT, SAMLP};

/// What the other side must know of us.
#[derive(Debug, Clone)]
pub struct Description<'a> {
    /// Our entity id.
    pub entity_id: &'a str,
    /// Where answers to a sign-in are posted.
    pub consumer: &'a str,
    /// Where logout messages go, by both bindings.
    pub logout: &'a str,
    /// What subjects are to be called, if that matters.
    pub name_id_format: Option<&'a str>,
    /// The certificates of the keys that we sign with now and next, in base64 of DER.
    pub certificates: &'a [&'a str],
    /// Whether our requests are signed.
    pub signs_requests: bool,
}

/// The document.
pub fn metadata(description: &Description<'_>) -> String {
    let mut writer = XmlWriter::new();
    writer.write_declaration();
    writer.start_element(
        "md:EntityDescriptor",
        &[("xmlns:md", METADATA), ("xmlns:ds", DSIG), ("entityID", description.entity_id)],
    );
    let signed = if description.signs_requests { "true" } else { "false" };
    writer.start_element(
        "md:SPSSODescriptor",
        &[
            ("protocolSupportEnumeration", SAMLP),
            ("AuthnRequestsSigned", signed),
            ("WantAssertionsSigned", "true"),
        ],
    );
    for certificate in description.certificates {
        writer.start_element("md:KeyDescriptor", &[("use", "signing")]);
        write_key_info(&mut writer, certificate);
        writer.end_element("md:KeyDescriptor");
    }
    for binding in [REDIRECT, POST] {
        let attributes = [("Binding", binding), ("Location", description.logout)];
        writer.empty_element("md:SingleLogoutService", &attributes);
    }
    if let Some(format) = description.name_id_format {
        element(&mut writer, "md:NameIDFormat", format);
    }
    writer.empty_element(
        "md:AssertionConsumerService",
        &[("Binding", POST), ("Location", description.consumer), ("index", "0"), ("isDefault", "true")],
    );
    writer.end_element("md:SPSSODescriptor");
    writer.end_element("md:EntityDescriptor");
    writer.into_string()
}

fn element(writer: &mut XmlWriter, name: &str, text: &str) {
    writer.start_element(name, &[]);
    writer.text(text);
    writer.end_element(name);
}

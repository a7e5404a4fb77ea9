//! Our metadata, for one provider of a tenant (saml-metadata §2.4.4).

use uppsala::XmlWriter;

use crate::saml::names::{DSIG, METADATA, POST, REDIRECT, SAMLP};

/// A public key that we sign requests with, in base64 (XMLDSig Core 1.1 §4.5.2).
#[derive(Debug, Clone)]
pub enum Key {
    /// An RSA key's modulus and exponent.
    Rsa {
        /// The modulus.
        modulus: String,
        /// The exponent.
        exponent: String,
    },
    /// A point on P-256, uncompressed.
    P256(String),
}

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
    /// The keys that we sign with.
    pub keys: &'a [Key],
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
    for key in description.keys {
        writer.start_element("md:KeyDescriptor", &[("use", "signing")]);
        writer.start_element("ds:KeyInfo", &[]);
        key_value(&mut writer, key);
        writer.end_element("ds:KeyInfo");
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

fn key_value(writer: &mut XmlWriter, key: &Key) {
    const DSIG11: &str = "http://www.w3.org/2009/xmldsig11#";
    writer.start_element("ds:KeyValue", &[]);
    match key {
        Key::Rsa { modulus, exponent } => {
            writer.start_element("ds:RSAKeyValue", &[]);
            element(writer, "ds:Modulus", modulus);
            element(writer, "ds:Exponent", exponent);
            writer.end_element("ds:RSAKeyValue");
        }
        Key::P256(point) => {
            writer.start_element("dsig11:ECKeyValue", &[("xmlns:dsig11", DSIG11)]);
            writer.empty_element("dsig11:NamedCurve", &[("URI", "urn:oid:1.2.840.10045.3.1.7")]);
            element(writer, "dsig11:PublicKey", point);
            writer.end_element("dsig11:ECKeyValue");
        }
    }
    writer.end_element("ds:KeyValue");
}

fn element(writer: &mut XmlWriter, name: &str, text: &str) {
    writer.start_element(name, &[]);
    writer.text(text);
    writer.end_element(name);
}

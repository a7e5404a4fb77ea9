//! The signature that a posted message of ours has (saml-bindings §3.5.4.1, saml-core §5.4, XMLDSig Core §4): enveloped,
//! over the message itself, in exclusive canonical form.
//!
//! The message is sent in the form that was digested, and `SignedInfo` in the form that is signed; both are made by the
//! same code that canonicalizes what we verify.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uppsala::XmlWriter;

use crate::crypto::xml_signature::Hash;
use crate::saml::Rule;
use crate::saml::algorithms::RSA_SHA256;
use crate::saml::names::{DSIG, ENVELOPED, EXCLUSIVE, SHA256};
use crate::saml::signature::canonical_by;
use crate::saml::xml::{self, Node};

/// A message that lacks the value of its signature.
#[derive(Debug)]
pub struct Unsigned {
    message: String,
    info: String,
}

impl Unsigned {
    /// Of a message of ours with that `ID`, whose first element is its issuer.
    ///
    /// # Errors
    /// The rule that the message breaks.
    pub fn new(message: &str, id: &str) -> Result<Unsigned, Rule> {
        let message = canonical_form(message)?;
        let digest = Hash::Sha256.of(message.as_bytes());
        let info = canonical_form(&signed_info(id, &STANDARD.encode(digest)))?;
        Ok(Unsigned { message, info })
    }

    /// What the key is to sign, with RSASSA-PKCS1-v1_5 and SHA-256.
    pub fn to_be_signed(&self) -> &[u8] {
        self.info.as_bytes()
    }

    /// The message with the signature, and the certificate of its key in base64 of DER; `None` if it has no issuer.
    pub fn with_signature(&self, value: &[u8], certificate: &str) -> Option<String> {
        // A `<` in a text or an attribute is escaped: this is the element's end.
        let end = "</saml:Issuer>";
        let (issuer, rest) = self.message.split_once(end)?;
        let (info, value) = (&self.info, STANDARD.encode(value));
        let signature = format!(
            "<ds:Signature xmlns:ds=\"{DSIG}\">{info}<ds:SignatureValue>{value}</ds:SignatureValue>{}</ds:Signature>",
            key_info(certificate)
        );
        Some([issuer, end, &signature, rest].concat())
    }
}

fn canonical_form(text: &str) -> Result<String, Rule> {
    let document = xml::parse_ours(text)?;
    canonical_by(xml::parse_ours, Node::root(&document)?, None, &[])
}

fn signed_info(id: &str, digest: &str) -> String {
    let mut writer = XmlWriter::new();
    let method = |writer: &mut XmlWriter, name: &str, algorithm: &str| {
        writer.empty_element(name, &[("Algorithm", algorithm)]);
    };
    writer.start_element("ds:SignedInfo", &[("xmlns:ds", DSIG)]);
    method(&mut writer, "ds:CanonicalizationMethod", EXCLUSIVE);
    method(&mut writer, "ds:SignatureMethod", RSA_SHA256);
    writer.start_element("ds:Reference", &[("URI", &format!("#{id}"))]);
    writer.start_element("ds:Transforms", &[]);
    method(&mut writer, "ds:Transform", ENVELOPED);
    method(&mut writer, "ds:Transform", EXCLUSIVE);
    writer.end_element("ds:Transforms");
    method(&mut writer, "ds:DigestMethod", SHA256);
    writer.start_element("ds:DigestValue", &[]);
    writer.text(digest);
    writer.end_element("ds:DigestValue");
    writer.end_element("ds:Reference");
    writer.end_element("ds:SignedInfo");
    writer.into_string()
}

fn key_info(certificate: &str) -> String {
    let mut writer = XmlWriter::new();
    write_key_info(&mut writer, certificate);
    writer.into_string()
}

/// `ds:KeyInfo` with a certificate.
pub(super) fn write_key_info(writer: &mut XmlWriter, certificate: &str) {
    writer.start_element("ds:KeyInfo", &[]);
    writer.start_element("ds:X509Data", &[]);
    writer.start_element("ds:X509Certificate", &[]);
    writer.text(certificate);
    writer.end_element("ds:X509Certificate");
    writer.end_element("ds:X509Data");
    writer.end_element("ds:KeyInfo");
}

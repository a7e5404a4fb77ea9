//! An identity provider of the tests, which writes what it signs in canonical form by hand: no code of the verifier's
//! has a part in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use portcullis::model::time::Time;
use sha2::{Digest as _, Sha256};

pub(crate) const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub(crate) const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// The certificate of the provider's key.
pub(crate) const CERTIFICATE: &str = include_str!("idp.crt");
/// The certificate of somebody else's key.
pub(crate) const OTHER_CERTIFICATE: &str = include_str!("other.crt");

const KEY: &str = "23ca102246cb9da48c019b1309d82843f2c27d01f69fa3e7c89ca0fc868950be";
const OTHER_KEY: &str = "c18b1df29ee61f5c870071ebf310f67a653cef43c5de95c165758eb9b81de819";

fn key(hex: &str) -> SigningKey {
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
    SigningKey::from_slice(&bytes).unwrap()
}

/// The provider's signature of these bytes, as `r || s`.
pub(crate) fn sign(bytes: &[u8]) -> Vec<u8> {
    let signature: Signature = key(KEY).sign(bytes);
    signature.to_bytes().to_vec()
}

/// Somebody else's.
pub(crate) fn sign_as_other(bytes: &[u8]) -> Vec<u8> {
    let signature: Signature = key(OTHER_KEY).sign(bytes);
    signature.to_bytes().to_vec()
}

/// What a message says.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) issuer: String,
    pub(crate) consumer: String,
    pub(crate) audience: String,
    pub(crate) in_response_to: Option<String>,
    pub(crate) response_id: String,
    pub(crate) assertion_id: String,
    pub(crate) name_id: String,
    pub(crate) format: &'static str,
    pub(crate) session_index: String,
    pub(crate) attributes: Vec<(String, Vec<String>)>,
    pub(crate) now: Time,
}

/// What is signed, and how the parts of the signature look.
#[derive(Clone)]
pub(crate) struct Signing {
    pub(crate) method: &'static str,
    pub(crate) digest: &'static str,
    pub(crate) canonicalization: &'static str,
    pub(crate) transforms: Vec<String>,
    pub(crate) sign: fn(&[u8]) -> Vec<u8>,
    /// What the reference names; the element's ID when absent.
    pub(crate) uri: Option<String>,
    /// Behind the last reference.
    pub(crate) more_info: String,
    /// Behind `SignatureValue`.
    pub(crate) more: String,
}

impl Default for Signing {
    fn default() -> Signing {
        Signing {
            method: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            digest: "http://www.w3.org/2001/04/xmlenc#sha256",
            canonicalization: EXCLUSIVE,
            transforms: vec![
                transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature"),
                transform(EXCLUSIVE),
            ],
            sign,
            uri: None,
            more_info: String::new(),
            more: String::new(),
        }
    }
}

pub(crate) fn transform(algorithm: &str) -> String {
    format!("<ds:Transform Algorithm=\"{algorithm}\"></ds:Transform>")
}

impl Facts {
    pub(crate) fn at(now: Time) -> Facts {
        Facts {
            issuer: "https://idp.example/metadata".into(),
            consumer: "https://auth.example/tenant/acme/sso/okta/acs".into(),
            audience: "https://auth.example/tenant/acme/sso/okta/metadata".into(),
            in_response_to: Some("_request".into()),
            response_id: "_response".into(),
            assertion_id: "_assertion".into(),
            name_id: "ada@acme.example".into(),
            format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            session_index: "_session".into(),
            attributes: vec![("email".into(), vec!["ada@acme.example".into()])],
            now,
        }
    }

    fn irt(&self) -> String {
        self.in_response_to.as_ref().map(|id| format!(" InResponseTo=\"{id}\"")).unwrap_or_default()
    }

    /// The assertion, unsigned, in canonical form.
    pub(crate) fn assertion(&self) -> String {
        let at = self.now.rfc3339();
        let (from, until) = (self.now.plus(-300).rfc3339(), self.now.plus(300).rfc3339());
        let irt = self.irt();
        let values = |values: &[String]| -> String {
            values
                .iter()
                .map(|v| format!("<saml:AttributeValue>{}</saml:AttributeValue>", escape(v)))
                .collect()
        };
        let attributes: String = self
            .attributes
            .iter()
            .map(|(name, all)| format!("<saml:Attribute Name=\"{name}\">{}</saml:Attribute>", values(all)))
            .collect();
        let Facts { issuer, consumer, audience, assertion_id, name_id, format, session_index, .. } = self;
        let name_id = escape(name_id);
        format!(
            "<saml:Assertion xmlns:saml=\"{SAML}\" ID=\"{assertion_id}\" IssueInstant=\"{at}\" Version=\"2.0\">\
             <saml:Issuer>{issuer}</saml:Issuer>\
             <saml:Subject><saml:NameID Format=\"{format}\">{name_id}</saml:NameID>\
             <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">\
             <saml:SubjectConfirmationData{irt} NotOnOrAfter=\"{until}\" Recipient=\"{consumer}\">\
             </saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>\
             <saml:Conditions NotBefore=\"{from}\" NotOnOrAfter=\"{until}\"><saml:AudienceRestriction>\
             <saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
             <saml:AuthnStatement AuthnInstant=\"{at}\" SessionIndex=\"{session_index}\"><saml:AuthnContext>\
             <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>\
             </saml:AuthnContext></saml:AuthnStatement>\
             <saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"
        )
    }

    /// A response around an assertion, in canonical form.
    pub(crate) fn response(&self, assertion: &str) -> String {
        self.response_of(assertion, "urn:oasis:names:tc:SAML:2.0:status:Success")
    }

    pub(crate) fn response_of(&self, assertion: &str, status: &str) -> String {
        let Facts { issuer, consumer, response_id, .. } = self;
        let (at, irt) = (self.now.rfc3339(), self.irt());
        format!(
            "<samlp:Response xmlns:samlp=\"{SAMLP}\" Destination=\"{consumer}\" ID=\"{response_id}\"{irt} \
             IssueInstant=\"{at}\" Version=\"2.0\"><saml:Issuer xmlns:saml=\"{SAML}\">{issuer}</saml:Issuer>\
             <samlp:Status><samlp:StatusCode Value=\"{status}\"></samlp:StatusCode></samlp:Status>{assertion}\
             </samlp:Response>"
        )
    }

    /// A response whose assertion is signed.
    pub(crate) fn signed_assertion(&self) -> String {
        self.response(&signed(&self.assertion(), &self.assertion_id, &Signing::default()))
    }

    /// A response that is signed, with an assertion that is not.
    pub(crate) fn signed_response(&self) -> String {
        signed(&self.response(&self.assertion()), &self.response_id, &Signing::default())
    }

    /// A response that is signed, with an assertion that is, too.
    pub(crate) fn signed_both(&self) -> String {
        signed(&self.signed_assertion(), &self.response_id, &Signing::default())
    }

    /// A request to sign out, in canonical form.
    pub(crate) fn logout_request(&self, destination: &str) -> String {
        let Facts { issuer, name_id, format, session_index, .. } = self;
        let at = self.now.rfc3339();
        format!(
            "<samlp:LogoutRequest xmlns:samlp=\"{SAMLP}\" Destination=\"{destination}\" ID=\"{}\" \
             IssueInstant=\"{at}\" Version=\"2.0\"><saml:Issuer xmlns:saml=\"{SAML}\">{issuer}</saml:Issuer>\
             <saml:NameID xmlns:saml=\"{SAML}\" Format=\"{format}\">{}</saml:NameID>\
             <samlp:SessionIndex>{session_index}</samlp:SessionIndex></samlp:LogoutRequest>",
            self.response_id,
            escape(name_id),
        )
    }

    /// An answer to our request to sign out, in canonical form.
    pub(crate) fn logout_response(&self, destination: &str) -> String {
        let Facts { issuer, .. } = self;
        let (at, irt) = (self.now.rfc3339(), self.irt());
        format!(
            "<samlp:LogoutResponse xmlns:samlp=\"{SAMLP}\" Destination=\"{destination}\" ID=\"{}\"{irt} \
             IssueInstant=\"{at}\" Version=\"2.0\"><saml:Issuer xmlns:saml=\"{SAML}\">{issuer}</saml:Issuer>\
             <samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\">\
             </samlp:StatusCode></samlp:Status></samlp:LogoutResponse>",
            self.response_id,
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The signature of a text in canonical form.
pub(crate) fn signature(canonical: &str, id: &str, how: &Signing) -> String {
    let digest = STANDARD.encode(Sha256::digest(canonical.as_bytes()));
    let Signing { method, digest: digest_method, canonicalization, more_info, more, .. } = how;
    let uri = how.uri.clone().unwrap_or_else(|| format!("#{id}"));
    let transforms = how.transforms.concat();
    let info = |declared: &str| {
        format!(
            "<ds:SignedInfo{declared}><ds:CanonicalizationMethod Algorithm=\"{canonicalization}\">\
             </ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{method}\"></ds:SignatureMethod>\
             <ds:Reference URI=\"{uri}\"><ds:Transforms>{transforms}</ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{digest_method}\"></ds:DigestMethod>\
             <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>{more_info}</ds:SignedInfo>"
        )
    };
    let value = (how.sign)(info(&format!(" xmlns:ds=\"{DSIG}\"")).as_bytes());
    format!(
        "<ds:Signature xmlns:ds=\"{DSIG}\">{}<ds:SignatureValue>{}</ds:SignatureValue>{more}</ds:Signature>",
        info(""),
        STANDARD.encode(value)
    )
}

/// An element in canonical form with its signature behind its issuer, or the first in it.
pub(crate) fn signed(canonical: &str, id: &str, how: &Signing) -> String {
    let signature = signature(canonical, id, how);
    let behind = if canonical.contains("</saml:Issuer>") { "</saml:Issuer>" } else { ">" };
    canonical.replacen(behind, &format!("{behind}{signature}"), 1)
}

//! The HTTP redirect binding (saml-bindings §3.4): a compressed message in a query, with a signature over the octets
//! of the query as they were sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::crypto::xml_signature;
use crate::saml::algorithms::{self, ECDSA_SHA256, RSA_SHA256};
use crate::saml::names::DEFLATE;
use crate::saml::xml::LARGEST;
use crate::saml::{Rule, Signer};

/// What a query value keeps as it is (RFC 3986 §2.3).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Bytes of a query.
const LONGEST: usize = 64 * 1024;

const NAMES: [&str; 6] = ["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding"];

/// Which of the two parameters a message travels in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl Kind {
    /// The parameter's name.
    pub fn parameter(self) -> &'static str {
        match self {
            Kind::Request => "SAMLRequest",
            Kind::Response => "SAMLResponse",
        }
    }
}

/// How we sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// ECDSA with SHA-256; the signature is `r || s` (XMLDSig Core 1.1 §6.4.3).
    EcdsaSha256,
}

impl Algorithm {
    fn uri(self) -> &'static str {
        match self {
            Algorithm::RsaSha256 => RSA_SHA256,
            Algorithm::EcdsaSha256 => ECDSA_SHA256,
        }
    }
}

/// A message as a query: what is signed of it, if it is.
pub fn query(kind: Kind, xml: &str, relay_state: Option<&str>, algorithm: Option<Algorithm>) -> String {
    let mut query =
        format!("{}={}", kind.parameter(), encode(&STANDARD.encode(compress_to_vec(xml.as_bytes(), 6))));
    if let Some(state) = relay_state {
        query.push_str("&RelayState=");
        query.push_str(&encode(state));
    }
    if let Some(algorithm) = algorithm {
        query.push_str("&SigAlg=");
        query.push_str(&encode(algorithm.uri()));
    }
    query
}

/// The query with the signature of its octets.
pub fn with_signature(query: &str, signature: &[u8]) -> String {
    format!("{query}&Signature={}", encode(&STANDARD.encode(signature)))
}

/// An address with the query behind it.
pub fn address(endpoint: &str, query: &str) -> String {
    let between = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{between}{query}")
}

fn encode(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
}

/// A message that came in a query and that the signer signed there.
#[derive(Debug)]
pub struct Received {
    /// Which parameter it came in.
    pub kind: Kind,
    /// The message.
    pub xml: String,
    /// What it was sent with.
    pub relay_state: Option<String>,
}

/// Reads a query, as it was sent, and verifies its signature.
///
/// # Errors
/// The rule that it broke.
pub fn receive(query: &str, signer: &Signer<'_>) -> Result<Received, Rule> {
    if query.len() > LONGEST {
        return Err(Rule::TooLarge);
    }
    let parameters = Parameters::read(query)?;
    let (kind, message) = match (parameters.raw("SAMLRequest"), parameters.raw("SAMLResponse")) {
        (Some(message), None) => (Kind::Request, message),
        (None, Some(message)) => (Kind::Response, message),
        _ => return Err(Rule::Query),
    };
    if parameters.decoded("SAMLEncoding")?.is_some_and(|encoding| encoding != DEFLATE) {
        return Err(Rule::Deflate);
    }
    let (Some(algorithm), Some(signature)) = (parameters.raw("SigAlg"), parameters.decoded("Signature")?)
    else {
        return Err(Rule::Unsigned);
    };
    // The octets as they came, in this order, whatever the order in the query (saml-bindings §3.4.4.1).
    let mut octets = format!("{}={message}", kind.parameter());
    if let Some(state) = parameters.raw("RelayState") {
        octets.push_str(&format!("&RelayState={state}"));
    }
    octets.push_str(&format!("&SigAlg={algorithm}"));
    let scheme = algorithms::signature(&decode(algorithm)?, signer.allow_sha1)?;
    let signature = decode_base64(&signature).ok_or(Rule::Base64)?;
    let made = |certificate: &super::certificate::Certificate| {
        xml_signature::verifies(certificate.key(), scheme, octets.as_bytes(), &signature)
    };
    if !signer.certificates.iter().any(made) {
        return Err(Rule::Signature);
    }
    let compressed = decode_base64(&decode(message)?).ok_or(Rule::Base64)?;
    let xml = decompress_to_vec_with_limit(&compressed, LARGEST).map_err(|_| Rule::Deflate)?;
    Ok(Received {
        kind,
        xml: String::from_utf8(xml).map_err(|_| Rule::NotXml)?,
        relay_state: parameters.decoded("RelayState")?,
    })
}

/// Parameters of a query, undecoded.
struct Parameters<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parameters<'a> {
    /// Ours are there once and in their own spelling, so that nobody reads another one than was signed.
    fn read(query: &'a str) -> Result<Parameters<'a>, Rule> {
        let mut all: Vec<(&str, &str)> = Vec::new();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let plain = decode(name)?;
            let Some(known) = NAMES.iter().find(|known| known.eq_ignore_ascii_case(&plain)) else { continue };
            if name != *known || all.iter().any(|(other, _)| other == known) {
                return Err(Rule::Query);
            }
            all.push((name, value));
        }
        Ok(Parameters(all))
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(one, _)| *one == name).map(|(_, value)| *value)
    }

    fn decoded(&self, name: &str) -> Result<Option<String>, Rule> {
        self.raw(name).map(decode).transpose()
    }
}

/// A name or value of a form (URL Standard §5.1).
fn decode(value: &str) -> Result<String, Rule> {
    let spaced = value.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().map(Into::into).map_err(|_| Rule::Query)
}

/// Base64 whose lines may be broken (RFC 2045 §6.8), strict in all else.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).collect();
    STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty())
}

/// A message as it stands in a form (saml-bindings §3.5.4): base64 of its XML.
pub fn to_form(xml: &str) -> String {
    STANDARD.encode(xml)
}

/// The message of a form: reads what [`to_form`] writes.
///
/// # Errors
/// [`Rule::Base64`], [`Rule::TooLarge`] and [`Rule::NotXml`].
pub fn from_form(value: &str) -> Result<String, Rule> {
    if value.len() > LARGEST.saturating_mul(2) {
        return Err(Rule::TooLarge);
    }
    let bytes = decode_base64(value).ok_or(Rule::Base64)?;
    String::from_utf8(bytes).map_err(|_| Rule::NotXml)
}

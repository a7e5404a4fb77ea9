//! The certificates of an identity provider: a public key with a name and dates around it (RFC 5280 §4.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::asn1::UintRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{self, Decode as _, Reader, SliceReader};

use crate::crypto::public_key::PublicKey;
use crate::model::time::Time;

/// Bytes of a certificate.
const LARGEST: usize = 16 * 1024;

pub(super) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// A certificate whose key we can verify with.
pub struct Certificate {
    key: PublicKey,
    /// Its subject, as RFC 4514 writes names.
    pub subject: String,
    /// From when it says to be valid.
    pub not_before: Time,
    /// Until when it says to be valid.
    pub not_after: Time,
    /// Its DER in base64, without line breaks.
    pub base64: String,
}

impl Certificate {
    /// Reads one from PEM or from base64 of its DER, with or without line breaks.
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub fn parse(text: &str) -> Result<Certificate, &'static str> {
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        const END: &str = "-----END CERTIFICATE-----";
        if text.contains("PRIVATE KEY") {
            return Err("a certificate, which is public; this is a private key");
        }
        let body = match text.split_once(BEGIN) {
            Some((_, rest)) => match rest.split_once(END) {
                Some((_, more)) if more.contains(BEGIN) => return Err("one certificate in each place"),
                Some((body, _)) => body,
                None => return Err("a certificate in PEM from its first to its last line"),
            },
            None => text,
        };
        let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        if body.is_empty() || body.len() > LARGEST {
            return Err("a certificate of at most 16 KiB");
        }
        let der = STANDARD.decode(&body).map_err(|_| "a certificate in PEM or base64")?;
        // Serial numbers that no standard allows are no reason to lock a company out: the key is what counts.
        let certificate = CertificateInner::<Raw>::from_der(&der).map_err(|_| "an X.509 certificate")?;
        let inner = certificate.tbs_certificate();
        let at = |time: x509_cert::time::Time| {
            Time(i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX))
        };
        Ok(Certificate {
            key: key(inner.subject_public_key_info())?,
            subject: inner.subject().to_string(),
            not_before: at(inner.validity().not_before),
            not_after: at(inner.validity().not_after),
            base64: body,
        })
    }

    pub(super) fn key(&self) -> &PublicKey {
        &self.key
    }
}

/// A certificate in PEM (RFC 7468 §5), of base64 of its DER.
pub fn pem(base64: &str) -> String {
    let mut lines = String::from("-----BEGIN CERTIFICATE-----");
    for (at, letter) in base64.chars().enumerate() {
        if at % 64 == 0 {
            lines.push('\n');
        }
        lines.push(letter);
    }
    lines.push_str("\n-----END CERTIFICATE-----\n");
    lines
}

/// How many days before its end a certificate is warned of; at its end for the last time.
const WARNED: [i64; 4] = [30, 7, 1, 0];

const DAY: i64 = 86_400;

/// How it stands with a certificate's dates. It goes on being accepted in any case: it is the key that is trusted, by the
/// administrator's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// For longer than it is warned of.
    Good,
    /// It ends within thirty days.
    EndsSoon,
    /// It has ended.
    Ended,
}

impl Certificate {
    /// How it stands with its dates.
    pub fn outlook(&self, now: Time) -> Outlook {
        let [first, ..] = WARNED;
        if self.not_after <= now {
            Outlook::Ended
        } else if self.not_after <= now.plus(first.saturating_mul(DAY)) {
            Outlook::EndsSoon
        } else {
            Outlook::Good
        }
    }
}

/// When one of these certificates, in PEM or base64 of DER, is to be warned of next after that time.
pub fn next_warning(certificates: &[String], after: Time) -> Option<Time> {
    let read = certificates.iter().filter_map(|text| Certificate::parse(text).ok());
    let times = read.flat_map(|one| WARNED.map(|days| one.not_after.plus(days.saturating_mul(-DAY))));
    times.filter(|at| *at > after).min()
}

fn key(info: &x509_cert::spki::SubjectPublicKeyInfoOwned) -> Result<PublicKey, &'static str> {
    let bytes = info.subject_public_key.as_bytes().ok_or("a public key of whole bytes")?;
    match info.algorithm.oid {
        RSA => {
            let (n, e) = rsa_numbers(bytes).map_err(|_| "an RSA key in DER")?;
            PublicKey::rsa(n, e).ok_or("an RSA key of 2048 to 4096 bits")
        }
        EC => {
            let curve =
                info.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
            // SEC 1 §2.3.3: an uncompressed point.
            let point = bytes.strip_prefix(&[4]).and_then(|both| both.split_at_checked(32));
            match (curve, point) {
                (Some(P256), Some((x, y))) => PublicKey::es256(x, y).ok_or("a point on P-256"),
                _ => Err("an EC key on P-256"),
            }
        }
        _ => Err("an RSA key, or an EC key on P-256"),
    }
}

/// `RSAPublicKey` (RFC 8017 §A.1.1).
fn rsa_numbers(bytes: &[u8]) -> der::Result<(&[u8], &[u8])> {
    let mut reader = SliceReader::new(bytes)?;
    let numbers = reader.sequence(|numbers| {
        let n = UintRef::decode(numbers)?;
        let e = UintRef::decode(numbers)?;
        Ok::<_, der::Error>((n.as_bytes(), e.as_bytes()))
    })?;
    reader.finish()?;
    Ok(numbers)
}

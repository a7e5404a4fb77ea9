//! Certificates of our own keys (RFC 5280 §4.1), self-signed: a SAML provider takes the key from one and trusts it by its
//! administrator's word. The crate `x509-cert` builds them; the platform's RSA signs.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Keypair;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder as _, CertificateBuilder};
use x509_cert::der::asn1::{Any, BitString, UintRef};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{self, DateTime, Document, Encode as _};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages};
use x509_cert::ext::{Extension, ToExtension as _};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{self, DynSignatureAlgorithmIdentifier, EncodePublicKey, SubjectPublicKeyInfoRef};
use x509_cert::time::Validity;
use x509_cert::{AlgorithmIdentifier, SubjectPublicKeyInfo, TbsCertificate};

use crate::model::time::Time;
use crate::saml::certificate::RSA;

/// `sha256WithRSAEncryption` (RFC 8017 §A.2.4).
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

/// What a certificate says.
#[derive(Debug, Clone, Copy)]
pub struct NewCertificate<'a> {
    /// Its subject's common name: 1 to 64 of `a-z 0-9 -`.
    pub common_name: &'a str,
    /// Its subject's organisation: 1 to 64 of `a-z 0-9 -`.
    pub organization: &'a str,
    /// Random bytes for its serial number.
    pub serial: [u8; 16],
    /// The RSA key's modulus, as in a JWK (RFC 7518 §6.3.1).
    pub n: &'a str,
    /// The RSA key's exponent, as in a JWK.
    pub e: &'a str,
    /// From when it is valid.
    pub from: Time,
    /// Until when it is valid.
    pub until: Time,
}

/// A certificate that lacks its signature.
pub struct Unsigned {
    builder: CertificateBuilder<SelfSigned>,
    key: PublicHalf,
    to_be_signed: Vec<u8>,
}

impl Unsigned {
    /// # Errors
    /// What of it has no form in DER.
    pub fn new(new: &NewCertificate<'_>) -> Result<Unsigned, String> {
        build(new).map_err(|error| error.to_string())
    }

    /// What its key is to sign, with RSASSA-PKCS1-v1_5 and SHA-256.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// The certificate, in base64 of its DER.
    ///
    /// # Errors
    /// If it has no form in DER.
    pub fn with_signature(self, signature: &[u8]) -> Result<String, String> {
        let Unsigned { builder, key, .. } = self;
        let made =
            || Ok::<_, builder::Error>(builder.assemble(BitString::from_bytes(signature)?, &key)?.to_der()?);
        made().map(|der| STANDARD.encode(der)).map_err(|error| error.to_string())
    }
}

fn build(new: &NewCertificate<'_>) -> Result<Unsigned, builder::Error> {
    let number = |text: &str| {
        let wrong = |_| der::Error::from(der::ErrorKind::Failed);
        URL_SAFE_NO_PAD.decode(text).map_err(wrong)
    };
    let (n, e) = (number(new.n)?, number(new.e)?);
    let numbers = vec![UintRef::new(&n)?, UintRef::new(&e)?].to_der()?;
    let info = SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier { oid: RSA, parameters: Some(Any::null()) },
        subject_public_key: BitString::from_bytes(&numbers)?,
    };
    let key = PublicHalf(info.to_der()?);
    // Positive, and of sixteen octets (RFC 5280 §4.1.2.2).
    let [first, rest @ ..] = new.serial;
    let mut serial = vec![(first & 0x3f) | 0x40];
    serial.extend(rest);
    let at = |time: Time| {
        let seconds = u64::try_from(time.unix()).unwrap_or_default();
        DateTime::from_unix_duration(std::time::Duration::from_secs(seconds)).map(Into::into)
    };
    let subject: Name = format!("CN={},O={}", new.common_name, new.organization).parse()?;
    let mut builder = CertificateBuilder::new(
        SelfSigned { subject },
        SerialNumber::new(&serial)?,
        Validity::new(at(new.from)?, at(new.until)?),
        info,
    )?;
    let to_be_signed = builder.finalize(&key)?;
    Ok(Unsigned { builder, key, to_be_signed })
}

/// Of a key for signatures, by nobody else than itself.
struct SelfSigned {
    subject: Name,
}

impl BuilderProfile for SelfSigned {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let constraints = BasicConstraints { ca: false, path_len_constraint: None };
        let usage = KeyUsage(KeyUsages::DigitalSignature.into());
        Ok(vec![constraints.to_extension(tbs.subject(), &[])?, usage.to_extension(tbs.subject(), &[])?])
    }
}

/// `SubjectPublicKeyInfo` in DER, in the place of a signer: the signature is made elsewhere.
#[derive(Clone)]
struct PublicHalf(Vec<u8>);

impl Keypair for PublicHalf {
    type VerifyingKey = PublicHalf;

    fn verifying_key(&self) -> PublicHalf {
        self.clone()
    }
}

impl EncodePublicKey for PublicHalf {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::try_from(self.0.as_slice())?)
    }
}

impl DynSignatureAlgorithmIdentifier for PublicHalf {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifier> {
        Ok(AlgorithmIdentifier { oid: RSA_SHA256, parameters: Some(Any::null()) })
    }
}

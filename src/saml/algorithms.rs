//! Algorithms by their identifiers: an allow-list (RFC 9231; XMLDSig Core §6).

use crate::crypto::xml_signature::{Hash, Scheme};
use crate::saml::Rule;
use crate::saml::names::SHA256;

/// The hash of a digest method.
pub(super) fn digest(uri: &str, allow_sha1: bool) -> Result<Hash, Rule> {
    match uri {
        SHA256 => Ok(Hash::Sha256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Ok(Hash::Sha384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Ok(Hash::Sha512),
        "http://www.w3.org/2000/09/xmldsig#sha1" if allow_sha1 => Ok(Hash::Sha1),
        "http://www.w3.org/2000/09/xmldsig#sha1" => Err(Rule::Sha1),
        _ => Err(Rule::DigestAlgorithm),
    }
}

/// The scheme of a signature method.
pub(super) fn signature(uri: &str, allow_sha1: bool) -> Result<Scheme, Rule> {
    match uri {
        RSA_SHA256 => Ok(Scheme::Rsa(Hash::Sha256)),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => Ok(Scheme::Rsa(Hash::Sha384)),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => Ok(Scheme::Rsa(Hash::Sha512)),
        ECDSA_SHA256 => Ok(Scheme::EcdsaSha256),
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1" if allow_sha1 => Ok(Scheme::Rsa(Hash::Sha1)),
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1" => Err(Rule::Sha1),
        _ => Err(Rule::SignatureAlgorithm),
    }
}

pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(super) const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

//! Hashes and signatures under the names of XML Signature: RSASSA-PKCS1-v1_5 (RFC 8017 §8.2) and ECDSA on P-256 as
//! `r || s` (XMLDSig Core 1.1 §6.4.3). Verifying only.

use p256::ecdsa::Signature;
use p256::ecdsa::signature::Verifier as _;
use rsa::pkcs1v15::Pkcs1v15Sign;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::crypto::public_key::PublicKey;
use crate::crypto::work;

/// A hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    /// Broken for signatures; only where an administrator says so.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(crate) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha1 => Sha1::digest(bytes).to_vec(),
            Hash::Sha256 => Sha256::digest(bytes).to_vec(),
            Hash::Sha384 => Sha384::digest(bytes).to_vec(),
            Hash::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    /// The DER of `DigestInfo` before the hash (RFC 8017 §9.2, note 1).
    fn prefix(self) -> &'static [u8] {
        match self {
            Hash::Sha1 => {
                &[0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14]
            }
            Hash::Sha256 => &[
                0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
                0x05, 0x00, 0x04, 0x20,
            ],
            Hash::Sha384 => &[
                0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
                0x05, 0x00, 0x04, 0x30,
            ],
            Hash::Sha512 => &[
                0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
                0x05, 0x00, 0x04, 0x40,
            ],
        }
    }
}

/// How a signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Rsa(Hash),
    EcdsaSha256,
}

/// Whether the key made that signature of the message. A key of another kind than the scheme's made none.
pub(crate) fn verifies(key: &PublicKey, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
    work::count_signature();
    match (key, scheme) {
        (PublicKey::Rsa(key), Scheme::Rsa(hash)) => {
            let hashed = hash.of(message);
            let padding = Pkcs1v15Sign { hash_len: Some(hashed.len()), prefix: hash.prefix().into() };
            key.verify(padding, &hashed, signature).is_ok()
        }
        (PublicKey::Es256(key), Scheme::EcdsaSha256) => {
            // `from_slice` takes 64 bytes and no zeros.
            Signature::from_slice(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
        }
        _ => false,
    }
}

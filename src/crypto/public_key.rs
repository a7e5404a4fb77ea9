//! Public keys of others for ES256, RS256, PS256 and EdDSA, from the numbers that JWK and COSE carry alike. Verifying
//! only: nothing here has a private key.

use p256::ecdsa::VerifyingKey;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pss::Pss;
use rsa::{BoxedUint, RsaPublicKey};
use sha2::Sha256;

use crate::crypto::secret::sha256;
use crate::crypto::work;

/// DER of `DigestInfo` before a SHA-256 hash (RFC 8017 §9.2, note 1).
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

/// A public key of somebody else.
pub(crate) enum PublicKey {
    /// ECDSA on P-256 with SHA-256.
    Es256(VerifyingKey),
    /// RSA with SHA-256.
    Rsa(RsaPublicKey),
    EdDsa(ed25519_compact::PublicKey),
}

impl PublicKey {
    /// A point on P-256 by its coordinates, 32 bytes each.
    pub(crate) fn es256(x: &[u8], y: &[u8]) -> Option<PublicKey> {
        if x.len() != 32 || y.len() != 32 {
            return None;
        }
        let point = [[4].as_slice(), x, y].concat();
        VerifyingKey::from_sec1_bytes(&point).map(PublicKey::Es256).ok()
    }

    /// A modulus of 2048 to 4096 bits and an odd exponent from 3 to 2^33, big-endian.
    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Option<PublicKey> {
        if n.len() > 512 || e.len() > 5 {
            return None;
        }
        let n = BoxedUint::from_be_slice_vartime(n);
        let e = BoxedUint::from_be_slice_vartime(e);
        if e < BoxedUint::from(3_u32) {
            return None;
        }
        RsaPublicKey::new_with_size_limits(n, e, 2048..=4096).map(PublicKey::Rsa).ok()
    }

    /// A point on Ed25519 in its short form.
    pub(crate) fn eddsa(x: &[u8]) -> Option<PublicKey> {
        let key = ed25519_compact::PublicKey::from_slice(x).ok()?;
        key.validate().map(|()| PublicKey::EdDsa(key)).ok()
    }
}

/// Whether an RS256 signature of a message is the key's.
pub(super) fn rs256_verifies(key: &RsaPublicKey, message: &[u8], signature: &[u8]) -> bool {
    work::count_signature();
    let scheme = Pkcs1v15Sign { hash_len: Some(32), prefix: Box::new(SHA256_PREFIX) };
    key.verify(scheme, &sha256(message), signature).is_ok()
}

/// Whether a PS256 signature of a message is the key's.
pub(super) fn ps256_verifies(key: &RsaPublicKey, message: &[u8], signature: &[u8]) -> bool {
    work::count_signature();
    key.verify(Pss::<Sha256>::new(), &sha256(message), signature).is_ok()
}

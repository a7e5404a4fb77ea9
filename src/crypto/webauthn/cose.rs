//! Public keys as COSE_Key (RFC 9052 §7, RFC 9053 §7), in the forms that WebAuthn allows (§5.8.5), and the
//! signatures that they check (§6.5.5).

use p256::ecdsa::Signature;
use p256::ecdsa::signature::Verifier as _;

use crate::crypto::public_key::{PublicKey, rs256_verifies};
use crate::crypto::webauthn::cbor::Reader;
use crate::crypto::work;

/// The algorithms that are asked for, by preference: EdDSA, ES256, RS256 (RFC 9053 §2, RFC 8812 §2).
pub(crate) const ALGORITHMS: [i64; 3] = [-8, -7, -257];

/// How many members a key may have.
const MOST_MEMBERS: u64 = 16;

/// The members that we read.
#[derive(Default)]
struct Members<'a> {
    kty: Option<i64>,
    alg: Option<i64>,
    /// `crv` of a curve's key.
    crv: Option<i64>,
    /// Byte strings under -1, -2 and -3.
    first: Option<&'a [u8]>,
    second: Option<&'a [u8]>,
    third: Option<&'a [u8]>,
}

fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

fn members(bytes: &[u8]) -> Option<Members<'_>> {
    let mut reader = Reader::new(bytes);
    let pairs = reader.map().filter(|pairs| *pairs <= MOST_MEMBERS)?;
    let mut found = Members::default();
    for _ in 0..pairs {
        match reader.int()? {
            1 => once(&mut found.kty, reader.int()?)?,
            3 => once(&mut found.alg, reader.int()?)?,
            -1 => {
                // The curve of a curve's key, the modulus of an RSA key.
                let mut number = reader.clone();
                match number.int() {
                    Some(crv) => {
                        reader = number;
                        once(&mut found.crv, crv)?;
                    }
                    None => once(&mut found.first, reader.bytes()?)?,
                }
            }
            -2 => once(&mut found.second, reader.bytes()?)?,
            -3 => once(&mut found.third, reader.bytes()?)?,
            _ => reader.skip().map(drop)?,
        }
    }
    reader.rest().is_empty().then_some(found)
}

/// A key of one of [`ALGORITHMS`]. On a curve it is uncompressed, and says the curve.
pub(super) fn parse(bytes: &[u8]) -> Option<PublicKey> {
    let Members { kty, alg, crv, first, second, third } = members(bytes)?;
    match (kty?, alg?, crv) {
        (2, -7, Some(1)) => PublicKey::es256(second?, third?),
        (3, -257, None) => PublicKey::rsa(first?, second?),
        (1, -8, Some(6)) => PublicKey::eddsa(second?),
        _ => None,
    }
}

/// Whether a signature of a message is the key's. ECDSA's is in DER here, not of two numbers as in JOSE.
pub(super) fn verifies(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    if !matches!(key, PublicKey::Rsa(_)) {
        work::count_signature();
    }
    match key {
        PublicKey::Es256(key) => {
            Signature::from_der(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
        }
        PublicKey::Rsa(key) => rs256_verifies(key, message, signature),
        PublicKey::EdDsa(key) => ed25519_compact::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
    }
}

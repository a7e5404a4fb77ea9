//! Sealing at rest: AES-256-GCM (NIST SP 800-38D) under keys derived per tenant and purpose with HKDF
//! (RFC 5869). The associated data binds what is sealed to its row, so that a value copied into another
//! row does not open.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ports::Fault;

/// The version of the sealing key that new values carry.
const VERSION: &str = "1";

/// A purpose-bound key, derived from the deployment's seal key.
pub fn derive(seal_key: &[u8; 32], tenant_id: &str, purpose: &str) -> Result<Zeroizing<[u8; 32]>, Fault> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, seal_key)
        .expand(format!("portcullis/{VERSION}/{tenant_id}/{purpose}").as_bytes(), key.as_mut_slice())
        .map_err(|error| Fault::new("seal", error))?;
    Ok(key)
}

/// Seals bytes; the answer is `version.base64url(nonce ‖ ciphertext ‖ tag)`.
pub fn seal(key: &[u8; 32], nonce: [u8; 12], row: &str, plain: &[u8]) -> Result<String, Fault> {
    let cipher = Aes256Gcm::new(key.into());
    let payload = Payload { msg: plain, aad: row.as_bytes() };
    let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| Fault::new("seal", "encrypt"))?;
    let mut bytes = nonce.to_vec();
    bytes.extend(sealed);
    Ok(format!("{VERSION}.{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// Opens what [`seal`] made for the same row.
pub fn open(key: &[u8; 32], row: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let bad = |what: &str| Fault::new("seal", what);
    let (version, text) = sealed.split_once('.').ok_or_else(|| bad("no version"))?;
    if version != VERSION {
        return Err(bad("unknown key version"));
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad("encoding"))?;
    let (nonce, ciphertext) = bytes.split_first_chunk::<12>().ok_or_else(|| bad("too short"))?;
    let payload = Payload { msg: ciphertext, aad: row.as_bytes() };
    let plain = Aes256Gcm::new(key.into()).decrypt(&Nonce::from(*nonce), payload);
    plain.map(Zeroizing::new).map_err(|_| bad("does not open: wrong SEAL_KEY or row"))
}

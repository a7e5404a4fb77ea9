//! Sealing at rest: AES-256-GCM (NIST SP 800-38D) under keys derived per tenant and purpose with HKDF
//! (RFC 5869). The associated data binds what is sealed to its row, so that a value copied into another
//! row does not open.
//!
//! The deployment has one key that seals, and while that is being replaced a second one that opens as well: what is sealed
//! names its key. Values of the form before, `1.…`, name none and open under either.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::crypto::secret::hmac;
use crate::ports::Fault;

/// The form that names no key.
const NAMELESS: &str = "1";

/// The form that new values have.
const VERSION: &str = "2";

/// Bytes of a key's id: enough to tell a deployment's keys apart.
const ID_BYTES: usize = 6;

/// A key of 256 bits that is erased from memory.
type Key = Zeroizing<[u8; 32]>;

/// What seals and opens for one tenant and purpose.
pub struct Sealer {
    current: Derived,
    previous: Option<Derived>,
}

/// A key for a tenant and a purpose, and the id of the deployment's key that it is derived from.
struct Derived {
    id: String,
    key: Key,
}

/// The id of a deployment's key: follows from it, and tells nothing of it (RFC 5869 §3.2).
pub fn key_id(seal_key: &[u8; 32]) -> Result<String, Fault> {
    let mut id = [0; ID_BYTES];
    expand(seal_key, "portcullis/key-id", &mut id)?;
    Ok(URL_SAFE_NO_PAD.encode(id))
}

/// What every value begins with that is sealed under the key of that id.
pub(crate) fn prefix(key_id: &str) -> String {
    format!("{VERSION}.{key_id}.")
}

fn expand(seal_key: &[u8; 32], info: &str, to: &mut [u8]) -> Result<(), Fault> {
    Hkdf::<Sha256>::new(None, seal_key).expand(info.as_bytes(), to).map_err(|error| Fault::new("seal", error))
}

impl Derived {
    fn of(seal_key: &[u8; 32], tenant_id: &str, purpose: &str) -> Result<Derived, Fault> {
        let mut key = Zeroizing::new([0; 32]);
        // The number is the derivation's, and stays what it was in the form before.
        expand(seal_key, &format!("portcullis/1/{tenant_id}/{purpose}"), key.as_mut_slice())?;
        Ok(Derived { id: key_id(seal_key)?, key })
    }

    /// `None` for what was not sealed with this key for that row.
    fn open(&self, row: &str, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = bytes.split_first_chunk::<12>()?;
        let payload = Payload { msg: ciphertext, aad: row.as_bytes() };
        let plain = Aes256Gcm::new((&*self.key).into()).decrypt(&Nonce::from(*nonce), payload);
        plain.ok().map(Zeroizing::new)
    }
}

impl Sealer {
    /// What seals with the current key of a deployment, and opens with the previous one as well, for one tenant and purpose.
    ///
    /// # Errors
    /// None that can happen: the lengths are fixed.
    pub fn derive(
        current: &[u8; 32],
        previous: Option<&[u8; 32]>,
        tenant_id: &str,
        purpose: &str,
    ) -> Result<Sealer, Fault> {
        let derive = |seal_key| Derived::of(seal_key, tenant_id, purpose);
        Ok(Sealer { current: derive(current)?, previous: previous.map(derive).transpose()? })
    }

    /// Seals bytes; the answer is `version.key.base64url(nonce ‖ ciphertext ‖ tag)`.
    ///
    /// # Errors
    /// What is too long for the cipher.
    pub fn seal(&self, nonce: [u8; 12], row: &str, plain: &[u8]) -> Result<String, Fault> {
        let cipher = Aes256Gcm::new((&*self.current.key).into());
        let payload = Payload { msg: plain, aad: row.as_bytes() };
        let sealed =
            cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| Fault::new("seal", "encrypt"))?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(format!("{}{}", prefix(&self.current.id), URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Opens what was sealed for the same row with one of the keys.
    ///
    /// # Errors
    /// What does not open, and why as far as that can be told.
    pub fn open(&self, row: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let bad = |what: &str| Fault::new("seal", what);
        let (version, rest) = sealed.split_once('.').ok_or_else(|| bad("no version"))?;
        let (named, text) = match version {
            NAMELESS => (None, rest),
            VERSION => {
                rest.split_once('.').map(|(id, text)| (Some(id), text)).ok_or_else(|| bad("no key"))?
            }
            _ => return Err(bad("unknown version")),
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad("encoding"))?;
        let fitting = |one: &&Derived| named.is_none_or(|id| id == one.id);
        let mut fitting = self.keys().filter(fitting).peekable();
        fitting.peek().ok_or_else(|| bad("is under another key than SEAL_KEY and SEAL_KEY_PREVIOUS"))?;
        fitting
            .find_map(|one| one.open(row, &bytes))
            .ok_or_else(|| bad("does not open: wrong SEAL_KEY or row"))
    }

    /// Opens text that was sealed for the same row with one of the keys.
    ///
    /// # Errors
    /// As [`Sealer::open`]; what is no text.
    pub(crate) fn open_text(&self, row: &str, sealed: &str) -> Result<Zeroizing<String>, Fault> {
        let plain = self.open(row, sealed)?;
        let text =
            std::str::from_utf8(&plain).map_err(|_| Fault::new("seal", "what is sealed is no text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// What is stored or handed out of a message under the current key.
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        hmac(&self.current.key, message)
    }

    /// The same under each key, the current one first: what was made before a rotation is told by one of them.
    pub(crate) fn macs(&self, message: &[u8]) -> Vec<[u8; 32]> {
        self.keys().map(|one| hmac(&one.key, message)).collect()
    }

    /// The id of the current key.
    pub(crate) fn key_id(&self) -> &str {
        &self.current.id
    }

    /// The MAC of a message under the key of that id; none if that is neither.
    pub(crate) fn mac_under(&self, key_id: &str, message: &[u8]) -> Option<[u8; 32]> {
        self.keys().find(|one| one.id == key_id).map(|one| hmac(&one.key, message))
    }

    /// The key that is derived from the previous one, and the id of that.
    pub(crate) fn previous(&self) -> Option<(&str, &[u8; 32])> {
        self.previous.as_ref().map(|one| (one.id.as_str(), &*one.key))
    }

    fn keys(&self) -> impl Iterator<Item = &Derived> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

//! Opaque secrets: random text that is shown once and stored as a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq as _;

/// The longest text that is looked up: keys, which have a prefix and a checksum, are longer than other secrets.
const LONGEST: usize = 128;

/// The longest text that is opened: what is handed out in sealed form holds more than a secret.
const LONGEST_SEALED: usize = 256;

/// Whether a text can be a secret or a key of ours: only then is it hashed and looked up.
pub(crate) fn can_be_secret(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST
}

/// Whether a text can be something that we handed out in sealed form.
pub(crate) fn can_be_sealed(text: &str) -> bool {
    text.len() <= LONGEST_SEALED
}

/// SHA-256. Enough for secrets of 128 bits and more, which nobody can enumerate.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-512.
pub(crate) fn sha512(bytes: &[u8]) -> [u8; 64] {
    Sha512::digest(bytes).into()
}

/// Unpadded base64url.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a secret: base64url of its SHA-256, 43 characters.
pub fn stored(secret: &str) -> String {
    base64url(&sha256(secret.as_bytes()))
}

/// Compares without telling where the difference is.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    // Hashing first hides the length as well.
    sha256(a).ct_eq(&sha256(b)).into()
}

/// HMAC-SHA-256 (RFC 2104).
pub fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // The key type is the hash's block: 32 bytes padded with zeros are the same key (RFC 2104 §2).
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new((&block).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Letters and digits from random bytes; just under 6 bits a byte.
pub fn letters(random: &[u8]) -> String {
    random.iter().filter_map(|byte| LETTERS.get(usize::from(*byte) % 62)).map(|b| char::from(*b)).collect()
}

/// Six letters that follow from the text: a typo in it is found without a look-up.
pub fn checksum(text: &str) -> String {
    letters(sha256(text.as_bytes()).get(..6).unwrap_or_default())
}

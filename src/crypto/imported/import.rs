//! A hash of another system, in its parts.

use argon2::{Algorithm, Params, Version};

/// A hash, split into what it is computed of.
#[derive(Debug, PartialEq)]
pub(crate) enum Import {
    /// bcrypt; `of_digest` if of the password's SHA-256 in hexadecimal digits, as Django does.
    Bcrypt { cost: u32, salt: [u8; 16], key: Vec<u8>, of_digest: bool },
    /// Argon2, of either version if the hash does not say which.
    Argon2 { algorithm: Algorithm, versions: Vec<Version>, params: Params, salt: Vec<u8>, key: Vec<u8> },
    /// scrypt (RFC 7914).
    Scrypt { params: scrypt::Params, salt: Vec<u8>, key: Vec<u8> },
    /// PBKDF2 with HMAC (RFC 8018).
    Pbkdf2 { digest: Digest, rounds: u32, salt: Vec<u8>, key: Vec<u8> },
}

/// The hash function under PBKDF2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

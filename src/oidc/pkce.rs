//! Proof Key for Code Exchange (RFC 7636), with S256 alone: `plain` protects nobody whose request is seen.

use crate::crypto::secret::{base64url, same, sha256};

/// What an authorization request must bring against codes that are intercepted or injected (RFC 9700 §2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeProtection {
    /// A code challenge.
    Pkce,
    /// A code challenge; or a `nonce`, with the scope `openid` by which the ID token repeats it.
    PkceOrNonce,
    /// Nothing. A challenge that comes all the same is held to.
    None,
}

/// Whether a challenge is base64url of a SHA-256 (§4.2).
pub(crate) fn is_challenge(challenge: &str) -> bool {
    challenge.len() == 43 && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// The challenge that is made of a verifier (§4.2); none of what cannot be one (§4.1).
pub(crate) fn challenge_of(verifier: &str) -> Option<String> {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    ((43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved)).then(|| challenge(verifier))
}

/// The challenge that is made of a verifier (§4.2).
pub(crate) fn challenge(verifier: &str) -> String {
    base64url(&sha256(verifier.as_bytes()))
}

/// Whether a verifier is one (§4.1) and the one that the challenge was made of (§4.6).
pub(crate) fn verifies(challenge: &str, verifier: &str) -> bool {
    challenge_of(verifier).is_some_and(|made| same(made.as_bytes(), challenge.as_bytes()))
}

//! DPoP (RFC 9449): a proof that the sender of a request holds the private key that its tokens are bound to.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::crypto::embedded_key::SelfSigned;
use crate::crypto::secret::{base64url, same, sha256};

/// The `typ` of a proof (§4.2).
pub(crate) const TYP: &str = "dpop+jwt";

/// The algorithms that proofs may be signed with.
pub(crate) const ALGORITHMS: [&str; 4] = ["ES256", "RS256", "EdDSA", "Ed25519"];

/// The same, as a challenge lists them (§7.1).
pub(crate) const ALGS: &str = "ES256 RS256 EdDSA Ed25519";

/// How old a proof may be, in seconds.
const OLDEST: i64 = 60;

/// How far the client's clock may be ahead, in seconds.
const LEEWAY: i64 = 30;

/// How far it may be off in either direction where a nonce of ours says how old the proof is, in seconds (§11.1).
const LEEWAY_WITH_NONCE: i64 = 300;

/// A nonce is of a slot of time, and good in that and the next one, in seconds.
pub(crate) const NONCE_SLOT: i64 = 150;

/// After this many seconds no proof that was ever accepted would be accepted again.
pub(crate) const FORGOTTEN_AFTER: u32 = 600;

/// The longest `jti`, in bytes.
const LONGEST_JTI: usize = 256;

/// How a token is bound to a key (RFC 7800 §3.1, RFC 9449 §6.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(crate) struct Confirmation {
    /// The thumbprint of the key (RFC 7638).
    pub(crate) jkt: String,
}

/// The request that a proof came with, and what is asked of it.
pub(crate) struct Expected<'a> {
    /// The request's method.
    pub(crate) method: &'a str,
    /// Scheme and host that the request was sent to.
    pub(crate) origin: &'a str,
    pub(crate) path: &'a str,
    /// The access token that it is to be used with.
    pub(crate) access_token: Option<&'a str>,
    /// Whether there must be a nonce.
    pub(crate) needs_nonce: bool,
    /// Nonces that are good now.
    pub(crate) nonces: &'a [String],
    /// In seconds since the epoch.
    pub(crate) now: i64,
}

/// Why a proof is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The rule that it breaks, in words.
    Proof(&'static str),
    /// It needs a nonce of ours that is good now (§8).
    Nonce,
}

/// A proof that holds, but for its single use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    /// The thumbprint of its key.
    pub(crate) jkt: String,
    /// Its own id.
    pub(crate) jti: String,
    /// When it says that it was made, in seconds since the epoch.
    pub(crate) issued_at: i64,
}

#[derive(Deserialize)]
struct Claims {
    jti: Option<String>,
    htm: Option<String>,
    htu: Option<String>,
    ath: Option<String>,
    nonce: Option<String>,
}

/// Checks the value of a `DPoP` header field by the rules of §4.3, but for the single use, and whether a token is bound
/// to its key.
///
/// # Errors
/// The first rule that it breaks.
pub(crate) fn check(field: &str, expected: &Expected<'_>) -> Result<Proof, Wrong> {
    let wrong = |rule| Err(Wrong::Proof(rule));
    // 1: one header field. The platform joins several with commas, which no JWT has.
    if field.contains(',') {
        return wrong("there is more than one");
    }
    // 2, 4, 5, 7: one well-formed JWT, its type, an asymmetric algorithm of ours, and no private key.
    let token = SelfSigned::parse(field, TYP).map_err(Wrong::Proof)?;
    // 6: signed by the key in it.
    let Some(signed) = token.verify::<Claims>() else {
        return wrong("it is not signed with the key in its header");
    };
    // 3: what it must say.
    let claims = signed.claims;
    let Some(jti) = claims.jti.filter(|jti| !jti.is_empty() && jti.len() <= LONGEST_JTI) else {
        return wrong("its jti is missing, or longer than 256 bytes");
    };
    let Some(issued_at) = signed.issued_at else { return wrong("its iat is missing") };
    // 8, 9: the request that it is for.
    if claims.htm.as_deref() != Some(expected.method) {
        return wrong("its htm is not the request's method");
    }
    if !claims.htu.is_some_and(|htu| is_address(&htu, expected)) {
        return wrong("its htu is not the request's address");
    }
    // 10: a nonce of ours.
    let has_nonce = match &claims.nonce {
        Some(nonce) if expected.nonces.iter().any(|one| same(one.as_bytes(), nonce.as_bytes())) => true,
        Some(_) => return Err(Wrong::Nonce),
        None if expected.needs_nonce => return Err(Wrong::Nonce),
        None => false,
    };
    // 11: made just now.
    let (oldest, ahead) = if has_nonce { (LEEWAY_WITH_NONCE, LEEWAY_WITH_NONCE) } else { (OLDEST, LEEWAY) };
    let issued_at = issued_at.unix();
    if issued_at < expected.now.saturating_sub(oldest) || issued_at > expected.now.saturating_add(ahead) {
        return wrong("its iat is not about now");
    }
    // 12: the token that it is for.
    let hash = expected.access_token.map(|token| base64url(&sha256(token.as_bytes())));
    if let Some(hash) = hash
        && !claims.ath.is_some_and(|ath| same(ath.as_bytes(), hash.as_bytes()))
    {
        return wrong("its ath is not the access token's");
    }
    let Some(jkt) = token.thumbprint() else { return wrong("its key has no thumbprint") };
    Ok(Proof { jkt, jti, issued_at })
}

/// Whether `htu` is the request's address, without query and fragment and normalised (RFC 3986 §6.2.2, §6.2.3).
fn is_address(htu: &str, expected: &Expected<'_>) -> bool {
    let Ok(url) = Url::parse(htu) else { return false };
    url.username().is_empty()
        && url.password().is_none()
        && url.origin().ascii_serialization() == expected.origin
        && normalized(url.path()) == normalized(expected.path)
}

/// A path with what needs no percent-encoding decoded, and the rest of it in upper case.
fn normalized(path: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let decoded = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        match (decoded, after) {
            (Some(byte), _) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => bytes.push(byte),
            (Some(_), [high, low, ..]) => {
                bytes.extend([b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]);
            }
            _ => bytes.push(*first),
        }
        rest = if decoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

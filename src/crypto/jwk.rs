//! ES256 keys (RFC 7518 §3.4) and their public form as JWK (RFC 7517).

use p256::ecdsa::{SigningKey, VerifyingKey};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::crypto::secret::{base64url, sha256};
use crate::ports::Fault;

/// A public key in a JWK Set (RFC 7517 §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(crate) struct Jwk {
    kty: &'static str,
    crv: &'static str,
    x: String,
    y: String,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    /// The key's id: its RFC 7638 thumbprint.
    pub(crate) kid: String,
}

/// A private key from 32 random bytes; `None` for the one in 2^32 that is no scalar of the curve.
pub(crate) fn private_key(bytes: &[u8]) -> Option<SigningKey> {
    SigningKey::from_slice(bytes).ok()
}

/// The scalar, for sealing.
pub(crate) fn private_bytes(key: &SigningKey) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(key.to_bytes().to_vec())
}

/// The public key as JWK.
pub(crate) fn public(key: &VerifyingKey) -> Result<Jwk, Fault> {
    let point = key.to_sec1_point(false);
    let (Some(x), Some(y)) = (point.x(), point.y()) else { return Err(Fault::new("jwk", "no affine point")) };
    let (x, y) = (base64url(x), base64url(y));
    // RFC 7638 §3.2: required members only, in lexicographic order.
    let kid = base64url(&sha256(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#).as_bytes()));
    Ok(Jwk { kty: "EC", crv: "P-256", x, y, usage: "sig", alg: "ES256", kid })
}

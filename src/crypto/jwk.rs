//! ES256 keys (RFC 7518 §3.4), and the public form of these and of RSA keys as JWK (RFC 7517).

use std::collections::BTreeMap;

use p256::ecdsa::{SigningKey, VerifyingKey};
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::crypto::secret::{base64url, sha256};
use crate::model::signing_alg::SigningAlg;
use crate::ports::Fault;

/// A public key in a JWK Set (RFC 7517 §4, RFC 7518 §6). Its `kid` is its RFC 7638 thumbprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(tag = "kty", rename_all = "UPPERCASE")]
pub(crate) enum Jwk {
    /// On an elliptic curve.
    Ec {
        crv: &'static str,
        x: String,
        y: String,
        #[serde(rename = "use")]
        usage: &'static str,
        alg: SigningAlg,
        kid: String,
    },
    /// A modulus and an exponent.
    Rsa {
        n: String,
        e: String,
        #[serde(rename = "use")]
        usage: &'static str,
        alg: SigningAlg,
        kid: String,
    },
}

impl Jwk {
    /// The key's id.
    pub(crate) fn kid(&self) -> &str {
        match self {
            Jwk::Ec { kid, .. } | Jwk::Rsa { kid, .. } => kid,
        }
    }
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
    let kid = thumbprint(&[("crv", "P-256"), ("kty", "EC"), ("x", &x), ("y", &y)].into());
    Ok(Jwk::Ec { crv: "P-256", x, y, usage: "sig", alg: SigningAlg::Es256, kid })
}

/// An RSA key's modulus and exponent, each base64url, as JWK.
pub(crate) fn rsa(n: String, e: String) -> Jwk {
    let kid = thumbprint(&[("e", e.as_str()), ("kty", "RSA"), ("n", &n)].into());
    Jwk::Rsa { n, e, usage: "sig", alg: SigningAlg::Rs256, kid }
}

/// The thumbprint of a key by its required members: base64url of the SHA-256 of them as JSON, in lexicographic order
/// (RFC 7638 §3).
pub(super) fn thumbprint(required: &BTreeMap<&str, &str>) -> String {
    base64url(&sha256(json!(required).to_string().as_bytes()))
}

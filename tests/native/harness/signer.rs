//! Keys of clients, and tokens that they sign.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_compact::{KeyPair, Seed};
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, RsaPrivateKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A private key of somebody else.
pub enum Signer {
    Es256(SigningKey),
    Rs256(Box<RsaPrivateKey>),
    EdDsa(KeyPair),
}

/// The primes of an RSA key of 2048 bits.
const P: &str = concat!(
    "e14b17bc40aa9538f524cbaaa2b561dc848cd3f8b91999d84f55cb25c90baec65ade95510d3706b542225ee455f49a21",
    "99e82b365b531c189d08a9fe6b5f4de8f4daf4cf95d7ae84d8c6f627c37f02bb3551418eb0589e2791ee9e8d71b79034",
    "74b162005652ff2b8ad1872f5674c49f18a867a959aaad7f41bf5b90553813c9",
);
const Q: &str = concat!(
    "d20e2ee1dc1fb35f84ed976f4f5769dc452840b4244513a0ac83807b73b5f4857eef7df5d067a40abaf07992a3a1f5da",
    "30ba0ff36ba3721d040ab97e71887960b421d3ea78d0e3ecfc0dd1e0cb71f1f8ae346e5ad21009e253bfebf971e7b666",
    "681e12d0a14375d17abe53a04779da7a2ad8ef7ef04a4a14aff1b6d8e23f7dab",
);

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    /// An elliptic curve key.
    pub fn es256(seed: u8) -> Signer {
        Signer::Es256(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    /// An Edwards curve key.
    pub fn eddsa(seed: u8) -> Signer {
        Signer::EdDsa(KeyPair::from_seed(Seed::new([seed; 32])))
    }

    /// The RSA key.
    pub fn rs256() -> Signer {
        let prime = |hex: &str| BoxedUint::from_str_radix_vartime(hex, 16).unwrap();
        let key = RsaPrivateKey::from_p_q(prime(P), prime(Q), BoxedUint::from(65_537_u64)).unwrap();
        Signer::Rs256(Box::new(key))
    }

    /// The name of its algorithm.
    pub fn alg(&self) -> &'static str {
        match self {
            Signer::Es256(_) => "ES256",
            Signer::Rs256(_) => "RS256",
            Signer::EdDsa(_) => "EdDSA",
        }
    }

    /// Its public key, without a name.
    pub fn jwk(&self) -> Value {
        match self {
            Signer::Es256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                let (x, y) = (base64url(point.x().unwrap()), base64url(point.y().unwrap()));
                json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
            }
            Signer::Rs256(key) => {
                let (n, e) = (key.n_bytes(), key.e_bytes());
                json!({ "kty": "RSA", "n": base64url(&n), "e": base64url(&e) })
            }
            Signer::EdDsa(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.pk.as_slice()) })
            }
        }
    }

    /// Its public key as a set, under a name.
    pub fn jwks(&self, kid: &str) -> Value {
        let mut key = self.jwk();
        key["kid"] = kid.into();
        json!({ "keys": [key] })
    }

    /// Signs claims, with whatever header.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!(
            "{}.{}",
            base64url(header.to_string().as_bytes()),
            base64url(claims.to_string().as_bytes())
        );
        let signature = self.sign_bytes(message.as_bytes());
        format!("{message}.{}", base64url(&signature))
    }

    /// Signs a message; ECDSA's two numbers stand as in JOSE.
    pub fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Signer::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Signer::Rs256(key) => key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message)).unwrap(),
            Signer::EdDsa(pair) => pair.sk.sign(message, None).to_vec(),
        }
    }
}

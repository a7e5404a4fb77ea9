//! Keys of clients, and tokens that they sign.

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_compact::{KeyPair, Seed};
use futures_util::future::LocalBoxFuture;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use portcullis::ports::{Fault, Rsa, RsaKey};
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::rand_core::{Infallible, TryCryptoRng, TryRng};
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, RsaPrivateKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A private key of somebody else.
pub enum Signer {
    Es256(SigningKey),
    Rs256(Box<RsaPrivateKey>),
    Ps256(Box<RsaPrivateKey>),
    EdDsa(KeyPair),
}

/// Primes of 1024 bits: each two make an RSA key.
const PRIMES: [&str; 4] = [
    concat!(
        "e14b17bc40aa9538f524cbaaa2b561dc848cd3f8b91999d84f55cb25c90baec65ade95510d3706b542225ee455f49a21",
        "99e82b365b531c189d08a9fe6b5f4de8f4daf4cf95d7ae84d8c6f627c37f02bb3551418eb0589e2791ee9e8d71b79034",
        "74b162005652ff2b8ad1872f5674c49f18a867a959aaad7f41bf5b90553813c9",
    ),
    concat!(
        "d20e2ee1dc1fb35f84ed976f4f5769dc452840b4244513a0ac83807b73b5f4857eef7df5d067a40abaf07992a3a1f5da",
        "30ba0ff36ba3721d040ab97e71887960b421d3ea78d0e3ecfc0dd1e0cb71f1f8ae346e5ad21009e253bfebf971e7b666",
        "681e12d0a14375d17abe53a04779da7a2ad8ef7ef04a4a14aff1b6d8e23f7dab",
    ),
    concat!(
        "ff0a79c9bb3d6b7fc3cbb2880fa2cd71120bc30b6e9f6db41a793725d71d09200fa785be7d57e4166c6f9b6cb64a66e3",
        "231463b29e031fdb41389cf3d9be0e4aae2f01f3ed92a0cfc5ae9beee26d6c624b2fd34e99f98657c65cea7cc1c38265",
        "0f37ec01d2e8aacc271ba9568094e647385a3939c473ee4616ca7a8c20a66c5b",
    ),
    concat!(
        "e08dc5c11797ae2a176d4a6743946c14e7e1df74ca8b1a02d2d4cd7ee84c97346af9ee2b424bf0c07c822f7f46a7219a",
        "9d7d586808a7aadac9d5b548315e65a4f8889959b4938a7cb80502a633de30c24c78ddca74cbf02f2296076a60d38563",
        "738ea2c84fc67f89cd6164e6aaee87e846022bc28b8eae8fd8d67a776bf775ab",
    ),
];

/// One of six RSA keys.
fn rsa_key(at: usize) -> RsaPrivateKey {
    let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
    let (p, q) = pairs[at % pairs.len()];
    let prime = |at: usize| BoxedUint::from_str_radix_vartime(PRIMES[at], 16).unwrap();
    RsaPrivateKey::from_p_q(prime(p), prime(q), BoxedUint::from(65_537_u64)).unwrap()
}

/// The platform's RSA: keys that are known, one after the other. A private one is its number.
#[derive(Default)]
pub struct KnownRsa {
    made: Cell<u8>,
}

impl Rsa for KnownRsa {
    fn generate(&self) -> LocalBoxFuture<'_, Result<RsaKey, Fault>> {
        let at = self.made.replace(self.made.get() + 1);
        let key = rsa_key(at.into());
        let (n, e) = (base64url(&key.n_bytes()), base64url(&key.e_bytes()));
        Box::pin(async move { Ok(RsaKey { private: vec![at].into(), n, e }) })
    }

    fn sign<'a>(
        &'a self,
        private: &'a [u8],
        message: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Vec<u8>, Fault>> {
        let key = rsa_key(private[0].into());
        Box::pin(async move { Ok(Signer::Rs256(Box::new(key)).sign_bytes(message)) })
    }
}

/// Salts that are no secret.
struct Salt;

impl TryRng for Salt {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(7)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(7);
        Ok(())
    }
}

impl TryCryptoRng for Salt {}

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

    /// An RSA key.
    pub fn rs256() -> Signer {
        Signer::Rs256(Box::new(rsa_key(0)))
    }

    /// An RSA key that signs with a salt.
    pub fn ps256() -> Signer {
        Signer::Ps256(Box::new(rsa_key(1)))
    }

    /// The name of its algorithm.
    pub fn alg(&self) -> &'static str {
        match self {
            Signer::Es256(_) => "ES256",
            Signer::Rs256(_) => "RS256",
            Signer::Ps256(_) => "PS256",
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
            Signer::Rs256(key) | Signer::Ps256(key) => {
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
            Signer::Ps256(key) => {
                let salted = rsa::pss::SigningKey::<Sha256>::new(key.as_ref().clone());
                salted.sign_with_rng(&mut Salt, message).to_vec()
            }
            Signer::EdDsa(pair) => pair.sk.sign(message, None).to_vec(),
        }
    }
}

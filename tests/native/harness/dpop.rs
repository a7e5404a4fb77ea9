//! Who holds a key, and proves it (RFC 9449).

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{Ask, ORIGIN, Signer, World};

/// A client with a key of its own.
pub struct Holder {
    pub signer: Signer,
    proofs: Cell<u32>,
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

impl Holder {
    pub fn new(signer: Signer) -> Holder {
        Holder { signer, proofs: Cell::new(0) }
    }

    /// With a key on P-256.
    pub fn es256(seed: u8) -> Holder {
        Holder::new(Signer::es256(seed))
    }

    /// The thumbprint of the key (RFC 7638).
    pub fn jkt(&self) -> String {
        let jwk = self.signer.jwk();
        let names: &[&str] = match &self.signer {
            Signer::Es256(_) => &["crv", "kty", "x", "y"],
            Signer::Rs256(_) | Signer::Ps256(_) => &["e", "kty", "n"],
            Signer::EdDsa(_) => &["crv", "kty", "x"],
        };
        let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":{}", jwk[*name])).collect();
        hash(&format!("{{{}}}", members.join(",")))
    }

    pub fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": self.signer.alg(), "jwk": self.signer.jwk() })
    }

    /// What a good proof says; each has an id of its own.
    pub fn claims(&self, world: &World, method: &str, path: &str, token: Option<&str>) -> Value {
        self.proofs.set(self.proofs.get() + 1);
        let jti = format!("{}-{}", &self.jkt()[..8], self.proofs.get());
        let mut said = json!({
            "jti": jti, "htm": method, "htu": format!("{ORIGIN}{path}"), "iat": world.now().0 / 1000,
        });
        if let Some(token) = token {
            said["ath"] = hash(token).into();
        }
        said
    }

    pub fn sign(&self, said: &Value) -> String {
        self.signer.sign(&self.header(), said)
    }

    /// A good proof for a request without an access token.
    pub fn proof(&self, world: &World, method: &str, path: &str) -> String {
        self.sign(&self.claims(world, method, path, None))
    }

    /// A good proof for one with that.
    pub fn proof_with(&self, world: &World, method: &str, path: &str, token: &str) -> String {
        self.sign(&self.claims(world, method, path, Some(token)))
    }
}

impl<'w> Ask<'w> {
    /// With a token that is bound to a key, and that proof.
    pub fn bound(self, token: &str, proof: &str) -> Ask<'w> {
        self.header("authorization", &format!("DPoP {token}")).header("dpop", proof)
    }
}

//! The algorithms of tokens that others sign (RFC 7518 §3, RFC 8037 §3.1), as jwt-compact takes them, and what such a token
//! says. Verifying only.

use std::borrow::Cow;
use std::convert::Infallible;
use std::num::NonZeroUsize;

use jwt_compact::{Algorithm, AlgorithmExt as _, AlgorithmSignature, Claims, UntrustedToken};
use rsa::RsaPublicKey;
use serde::de::DeserializeOwned;

use crate::crypto::jws::{Es256, custom};
use crate::crypto::public_key::{PublicKey, ps256_verifies, rs256_verifies};
use crate::crypto::work;
use crate::model::json::Members;
use crate::model::time::Time;

/// What a token of somebody else may be signed with; all else is refused, `none` and what is keyed with a secret too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alg {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// Ed25519.
    EdDsa,
}

impl Alg {
    /// What clients of ours sign with.
    pub(crate) const CLIENTS: [Alg; 3] = [Alg::Es256, Alg::Rs256, Alg::EdDsa];

    /// What providers sign with.
    pub const PROVIDERS: [Alg; 4] = [Alg::Rs256, Alg::Ps256, Alg::Es256, Alg::EdDsa];

    /// By its name: EdDSA on this curve has a newer one (RFC 9864 §2.2).
    pub(crate) fn named(name: &str) -> Option<Alg> {
        match name {
            "ES256" => Some(Alg::Es256),
            "RS256" => Some(Alg::Rs256),
            "PS256" => Some(Alg::Ps256),
            "EdDSA" | "Ed25519" => Some(Alg::EdDsa),
            _ => None,
        }
    }
}

/// Whether a key is of the kind that an algorithm takes (RFC 8725 §3.1).
pub(super) fn is_of_kind(key: &PublicKey, alg: Alg) -> bool {
    match key {
        PublicKey::Es256(_) => alg == Alg::Es256,
        PublicKey::Rsa(_) => matches!(alg, Alg::Rs256 | Alg::Ps256),
        PublicKey::EdDsa(_) => alg == Alg::EdDsa,
    }
}

/// What a token says, once a key has signed it. Its times are not judged: the clock that set them is not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    /// Its other claims.
    pub claims: T,
    /// `exp`.
    pub(crate) expires_at: Option<Time>,
    /// `nbf`.
    pub(crate) not_before: Option<Time>,
    /// `iat`.
    pub(crate) issued_at: Option<Time>,
}

/// What a token says, if that key signed it with that algorithm, which is the token's.
pub(super) fn verify_with<T: DeserializeOwned, H: Clone>(
    token: &UntrustedToken<'_, H>,
    alg: Alg,
    key: &PublicKey,
) -> Option<Signed<T>> {
    let claims = match (alg, key) {
        (Alg::Es256, PublicKey::Es256(key)) => signed_claims(token, &Es256, key),
        (Alg::Rs256, PublicKey::Rsa(key)) => signed_claims(token, &Rs256, key),
        (Alg::Ps256, PublicKey::Rsa(key)) => signed_claims(token, &Ps256, key),
        (Alg::EdDsa, PublicKey::EdDsa(key)) => {
            signed_claims(token, &EdDsa(token.algorithm().to_owned()), key)
        }
        _ => None,
    }?;
    of_claims(claims)
}

/// What claims say beside their times, and these.
pub(super) fn of_claims<T: DeserializeOwned>(claims: Claims<Members>) -> Option<Signed<T>> {
    let time =
        |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| Time(at.timestamp().saturating_mul(1000)));
    Some(Signed {
        expires_at: time(claims.expiration),
        not_before: time(claims.not_before),
        issued_at: time(claims.issued_at),
        claims: custom(claims)?,
    })
}

fn signed_claims<A: Algorithm, H: Clone>(
    token: &UntrustedToken<'_, H>,
    algorithm: &A,
    key: &A::VerifyingKey,
) -> Option<Claims<Members>> {
    let token = algorithm.validator(key).validate(token).ok()?;
    Some(token.into_parts().1)
}

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
struct Rs256;

struct RsaSignature(Vec<u8>);

impl AlgorithmSignature for RsaSignature {
    fn try_from_slice(slice: &[u8]) -> anyhow::Result<Self> {
        Ok(RsaSignature(slice.to_vec()))
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }
}

impl Algorithm for Rs256 {
    type SigningKey = Infallible;
    type VerifyingKey = RsaPublicKey;
    type Signature = RsaSignature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("RS256")
    }

    fn sign(&self, key: &Infallible, _: &[u8]) -> RsaSignature {
        match *key {}
    }

    fn verify_signature(&self, signature: &RsaSignature, key: &RsaPublicKey, message: &[u8]) -> bool {
        rs256_verifies(key, message, &signature.0)
    }
}

/// RSASSA-PSS with SHA-256, with which the mask is made too, and a salt of its length (RFC 7518 §3.5).
struct Ps256;

impl Algorithm for Ps256 {
    type SigningKey = Infallible;
    type VerifyingKey = RsaPublicKey;
    type Signature = RsaSignature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("PS256")
    }

    fn sign(&self, key: &Infallible, _: &[u8]) -> RsaSignature {
        match *key {}
    }

    fn verify_signature(&self, signature: &RsaSignature, key: &RsaPublicKey, message: &[u8]) -> bool {
        ps256_verifies(key, message, &signature.0)
    }
}

/// Ed25519 (RFC 8037 §3.1), under the name that the token has for it.
struct EdDsa(String);

struct EdSignature(ed25519_compact::Signature);

impl AlgorithmSignature for EdSignature {
    const LENGTH: Option<NonZeroUsize> = NonZeroUsize::new(64);

    fn try_from_slice(slice: &[u8]) -> anyhow::Result<Self> {
        let signature = ed25519_compact::Signature::from_slice(slice);
        Ok(EdSignature(signature.map_err(|_| anyhow::anyhow!("not a signature"))?))
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.0.as_slice())
    }
}

impl Algorithm for EdDsa {
    type SigningKey = Infallible;
    type VerifyingKey = ed25519_compact::PublicKey;
    type Signature = EdSignature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Owned(self.0.clone())
    }

    fn sign(&self, key: &Infallible, _: &[u8]) -> EdSignature {
        match *key {}
    }

    fn verify_signature(
        &self,
        signature: &EdSignature,
        key: &ed25519_compact::PublicKey,
        message: &[u8],
    ) -> bool {
        work::count_signature();
        key.verify(message, &signature.0).is_ok()
    }
}

//! Keys and tokens of others: JWK Sets (RFC 7517 §5) with ES256, RS256 and EdDSA keys (RFC 7518 §3.1, RFC 8037
//! §3.1), and JWS compact tokens signed with them. Verifying only: nothing here has a private key.

use std::borrow::Cow;
use std::convert::Infallible;
use std::num::NonZeroUsize;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::{Algorithm, AlgorithmExt as _, AlgorithmSignature, Claims, Header, UntrustedToken};
use rsa::RsaPublicKey;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::crypto::jws::{Es256, LONGEST, More, custom};
use crate::crypto::public_key::{PublicKey, rs256_verifies};
use crate::model::json::{self, Members};
use crate::model::time::Time;

/// How many keys a set may have.
const MOST_KEYS: usize = 10;

/// A public key of somebody else.
pub struct Key {
    kid: Option<String>,
    public: PublicKey,
}

impl Key {
    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Whether it is for that algorithm.
    pub(super) fn is_for(&self, alg: &str) -> bool {
        is_for(&self.public, alg)
    }
}

/// Whether it is the one algorithm that the key is for (RFC 8725 §3.1), by its names: EdDSA on this curve has a
/// newer one (RFC 9864 §2.2).
fn is_for(key: &PublicKey, alg: &str) -> bool {
    match key {
        PublicKey::Es256(_) => alg == "ES256",
        PublicKey::Rs256(_) => alg == "RS256",
        PublicKey::EdDsa(_) => matches!(alg, "EdDSA" | "Ed25519"),
    }
}

/// The members of a JWK that we read (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// The keys of a JWK Set that somebody wants us to trust.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn keys(set: &Value) -> Result<Vec<Key>, &'static str> {
    let list = set.get("keys").and_then(Value::as_array).ok_or("a JWK Set, as {\"keys\": [...]}")?;
    if list.is_empty() || list.len() > MOST_KEYS {
        return Err("1 to 10 keys");
    }
    let keys = list.iter().map(key).collect::<Result<Vec<Key>, _>>()?;
    let twice = |at: usize, kid: &str| keys.iter().skip(at + 1).any(|key| key.kid.as_deref() == Some(kid));
    if keys.iter().enumerate().any(|(at, key)| key.kid.as_deref().is_some_and(|kid| twice(at, kid))) {
        return Err("each kid once");
    }
    Ok(keys)
}

/// How many keys are looked at of a set that was fetched.
const MOST_FETCHED: usize = 50;

/// The keys of a JWK Set that was fetched, without those that are of no use here: for encryption, of another kind, not
/// public (RFC 7517 §5). `None` if it is no set.
pub(crate) fn usable_keys(set: &Value) -> Option<Vec<Key>> {
    let list = set.get("keys")?.as_array()?;
    Some(list.iter().take(MOST_FETCHED).filter_map(|jwk| key(jwk).ok()).collect())
}

/// One key of such a set.
///
/// # Errors
/// As [`keys`].
pub(crate) fn key(jwk: &Value) -> Result<Key, &'static str> {
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    if private.iter().any(|member| jwk.get(member).is_some()) {
        return Err("public keys only: one of these is private or symmetric");
    }
    let jwk: Jwk = json::read(jwk.clone()).ok().filter(|_| jwk.is_object()).ok_or("each key a JWK")?;
    if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return Err("keys for signatures, use: sig");
    }
    if jwk.kid.as_deref().is_some_and(|kid| kid.is_empty() || kid.len() > 256) {
        return Err("each kid 1 to 256 characters");
    }
    let public = public(&jwk)?;
    if jwk.alg.as_deref().is_some_and(|alg| !is_for(&public, alg)) {
        return Err("alg ES256, RS256 or EdDSA, as the key is");
    }
    Ok(Key { kid: jwk.kid, public })
}

fn public(jwk: &Jwk) -> Result<PublicKey, &'static str> {
    let (key, bad) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("EC", Some("P-256")) => {
            let point = bytes(jwk.x.as_deref()).zip(bytes(jwk.y.as_deref()));
            let key = point.and_then(|(x, y)| PublicKey::es256(&x, &y));
            (key, "EC keys with x and y of a point on P-256")
        }
        ("RSA", None) => {
            let numbers = bytes(jwk.n.as_deref()).zip(bytes(jwk.e.as_deref()));
            let key = numbers.and_then(|(n, e)| PublicKey::rs256(&n, &e));
            (key, "RSA keys with n of 2048 to 4096 bits and an odd e from 3 to 2^33")
        }
        ("OKP", Some("Ed25519")) => {
            let key = bytes(jwk.x.as_deref()).and_then(|x| PublicKey::eddsa(&x));
            (key, "OKP keys with x of a point on Ed25519")
        }
        _ => (None, "EC keys on P-256, RSA keys and OKP keys on Ed25519"),
    };
    key.ok_or(bad)
}

fn bytes(member: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member?).ok()
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

/// A token that parsed, with nothing about it believed yet.
pub struct Foreign<'a>(UntrustedToken<'a, More>);

impl<'a> Foreign<'a> {
    /// Parses the three parts. `None` for anything that is not one token in strict base64url of at most
    /// [`LONGEST`] bytes whose `typ` is absent or one of these in any case, and that needs no extension.
    pub fn parse(token: &'a str, types: &[&str]) -> Option<Foreign<'a>> {
        if token.len() > LONGEST {
            return None;
        }
        let token = UntrustedToken::try_from(token).ok()?;
        let header: &Header<More> = token.header();
        let typ = header.token_type.as_deref();
        let fits = typ.is_none_or(|typ| types.iter().any(|one| typ.eq_ignore_ascii_case(one)));
        (fits && header.other_fields.crit.is_none()).then_some(Foreign(token))
    }

    /// Whether it names one of these keys by its `kid`.
    pub(crate) fn names_one_of(&self, keys: &[Key]) -> bool {
        let named = self.0.header().key_id.as_ref();
        named.is_some() && keys.iter().any(|key| key.kid.as_ref() == named)
    }

    /// The key it claims to be signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.header().key_id.as_deref()
    }

    /// Whether it says that it is signed with that algorithm, by any of its names.
    pub(crate) fn is_signed_with(&self, algorithm: &str) -> bool {
        let one_name = |name: &str| if name == "Ed25519" { "EdDSA".to_owned() } else { name.to_owned() };
        one_name(self.0.algorithm()) == one_name(algorithm)
    }

    /// What it claims, to find the keys by.
    pub(crate) fn claims_unchecked<T: DeserializeOwned>(&self) -> Option<T> {
        self.0.deserialize_claims_unchecked::<Members>().ok().and_then(custom)
    }

    /// What it says, if one of the keys signed it: the one with its `kid`, or the only one of its algorithm
    /// if it has none. The key decides on the algorithm, never the token alone (RFC 8725 §3.1).
    pub fn verify<T: DeserializeOwned>(&self, keys: &[Key]) -> Option<Signed<T>> {
        let header = self.0.header();
        let mut fitting = keys.iter().filter(|key| {
            let named = header.key_id.is_none() || header.key_id == key.kid;
            named && is_for(&key.public, self.0.algorithm())
        });
        let (Some(key), None) = (fitting.next(), fitting.next()) else { return None };
        verify_with(&self.0, &key.public)
    }
}

/// What a token says, if that key signed it, whose algorithm is the token's.
pub(super) fn verify_with<T: DeserializeOwned, H: Clone>(
    token: &UntrustedToken<'_, H>,
    key: &PublicKey,
) -> Option<Signed<T>> {
    let claims = match key {
        PublicKey::Es256(key) => signed_claims(token, &Es256, key),
        PublicKey::Rs256(key) => signed_claims(token, &Rs256, key),
        PublicKey::EdDsa(key) => signed_claims(token, &EdDsa(token.algorithm().to_owned()), key),
    }?;
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
        key.verify(message, &signature.0).is_ok()
    }
}

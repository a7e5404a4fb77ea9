//! Keys and tokens of others: JWK Sets (RFC 7517 §5) with EC, RSA and OKP keys (RFC 7518 §6, RFC 8037 §2), and JWS compact
//! tokens signed with them. Verifying only: nothing here has a private key. What a header says of where keys are (`jwk`,
//! `jku`, `x5c`, `x5u`) is never read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::{Header, UntrustedToken};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::crypto::jws::{LONGEST, More, custom};
use crate::crypto::public_key::PublicKey;
pub use crate::crypto::signed::{Alg, Signed};
use crate::crypto::signed::{is_of_kind, of_claims, verify_with};
use crate::model::json::{self, Members};

/// How many keys a set may have.
const MOST_KEYS: usize = 10;

/// A public key of somebody else.
pub struct Key {
    kid: Option<String>,
    public: PublicKey,
    /// The one algorithm that it is for, if it says so.
    alg: Option<Alg>,
    /// Whose tokens it signs, where a set is of several issuers, as Microsoft's is.
    issuer: Option<String>,
}

impl Key {
    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Whether it is for that algorithm: of its kind, and for no other by its own word.
    pub(super) fn is_for(&self, alg: Alg) -> bool {
        is_of_kind(&self.public, alg) && self.alg.is_none_or(|own| own == alg)
    }

    /// The issuer whose tokens alone it signs, if it says one.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }
}

/// The members of a JWK that we read (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    key_ops: Option<Vec<String>>,
    kid: Option<String>,
    issuer: Option<String>,
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
    usable_keys_for(set, &Alg::CLIENTS)
}

/// The same of a provider's set.
pub fn provider_keys(set: &Value) -> Option<Vec<Key>> {
    usable_keys_for(set, &Alg::PROVIDERS)
}

fn usable_keys_for(set: &Value, algs: &[Alg]) -> Option<Vec<Key>> {
    let list = set.get("keys")?.as_array()?;
    Some(list.iter().take(MOST_FETCHED).filter_map(|jwk| key_for(jwk, algs).ok()).collect())
}

/// One key of a client.
///
/// # Errors
/// As [`keys`].
pub(crate) fn key(jwk: &Value) -> Result<Key, &'static str> {
    key_for(jwk, &Alg::CLIENTS)
}

fn key_for(jwk: &Value, algs: &[Alg]) -> Result<Key, &'static str> {
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    if private.iter().any(|member| jwk.get(member).is_some()) {
        return Err("public keys only: one of these is private or symmetric");
    }
    let jwk: Jwk = json::read(jwk.clone()).ok().filter(|_| jwk.is_object()).ok_or("each key a JWK")?;
    if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return Err("keys for signatures, use: sig");
    }
    if jwk.key_ops.as_ref().is_some_and(|all| !all.iter().any(|one| one == "verify")) {
        return Err("keys that verify, key_ops: [verify]");
    }
    if jwk.kid.as_deref().is_some_and(|kid| kid.is_empty() || kid.len() > 256) {
        return Err("each kid 1 to 256 characters");
    }
    let public = public(&jwk)?;
    let fits = |alg: &Alg| algs.contains(alg) && is_of_kind(&public, *alg);
    let alg = match jwk.alg.as_deref().map(Alg::named) {
        Some(named) => Some(named.filter(fits).ok_or("alg ES256, RS256 or EdDSA, as the key is")?),
        None => None,
    };
    Ok(Key { kid: jwk.kid, public, alg, issuer: jwk.issuer })
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
            let key = numbers.and_then(|(n, e)| PublicKey::rsa(&n, &e));
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

/// A token that parsed, with nothing about it believed yet.
pub struct Foreign<'a>(UntrustedToken<'a, More>);

impl<'a> Foreign<'a> {
    /// Parses the three parts. `None` for anything that is not one token in strict base64url of at most
    /// [`LONGEST`] bytes whose `typ` is absent or one of these in any case, and that needs no extension.
    pub fn parse(token: &'a str, types: &[&str]) -> Option<Foreign<'a>> {
        Foreign::parse_up_to(token, types, LONGEST)
    }

    /// The same for a token of at most so many bytes.
    pub(crate) fn parse_up_to(token: &'a str, types: &[&str], most: usize) -> Option<Foreign<'a>> {
        if token.len() > most {
            return None;
        }
        let token = UntrustedToken::try_from(token).ok()?;
        let header: &Header<More> = token.header();
        let typ = header.token_type.as_deref();
        let fits = typ.is_none_or(|typ| types.iter().any(|one| typ.eq_ignore_ascii_case(one)));
        let plain = header.other_fields.crit.is_none() && header.other_fields.b64.is_none();
        (fits && plain).then_some(Foreign(token))
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

    /// What it says that it is signed with; `None` for what is never accepted.
    pub(crate) fn alg(&self) -> Option<Alg> {
        Alg::named(self.0.algorithm())
    }

    /// Whether it says that it is signed with that algorithm, by any of its names.
    pub(crate) fn is_signed_with(&self, algorithm: &str) -> bool {
        self.alg().is_some_and(|alg| Alg::named(algorithm) == Some(alg))
    }

    /// What it claims, to find the keys by.
    pub(crate) fn claims_unchecked<T: DeserializeOwned>(&self) -> Option<T> {
        self.0.deserialize_claims_unchecked::<Members>().ok().and_then(custom)
    }

    /// What it claims, with its times: for a token that only its reader can verify.
    pub(crate) fn read_unchecked<T: DeserializeOwned>(&self) -> Option<Signed<T>> {
        self.0.deserialize_claims_unchecked::<Members>().ok().and_then(of_claims)
    }

    /// What it says, if one of a client's keys signed it.
    pub fn verify<T: DeserializeOwned>(&self, keys: &[Key]) -> Option<Signed<T>> {
        self.verify_by(self.fitting(keys, &Alg::CLIENTS)?)
    }

    /// The key that it must be signed with: the one with its `kid`, or the only one of its algorithm if it has none, and
    /// that is one of these. The key decides on the algorithm, never the token alone (RFC 8725 §3.1).
    pub fn fitting<'k>(&self, keys: &'k [Key], algs: &[Alg]) -> Option<&'k Key> {
        let alg = self.alg().filter(|alg| algs.contains(alg))?;
        let kid = self.0.header().key_id.as_ref();
        let named = |key: &&Key| kid.is_none() || kid == key.kid.as_ref();
        let mut fitting = keys.iter().filter(named).filter(|key| key.is_for(alg));
        let (Some(key), None) = (fitting.next(), fitting.next()) else { return None };
        Some(key)
    }

    /// What it says, if that key signed it.
    pub fn verify_by<T: DeserializeOwned>(&self, key: &Key) -> Option<Signed<T>> {
        let alg = self.alg().filter(|alg| key.is_for(*alg))?;
        verify_with(&self.0, alg, &key.public)
    }
}

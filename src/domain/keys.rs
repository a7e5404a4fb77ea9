//! A tenant's signing keys: made at first use by exactly one writer, sealed at rest, rotated with overlap.
//!
//! Keys take turns. The *current* one is the last that is active; the *next* one is published before it
//! signs, so that a verifier's cached JWK Set always holds what signs; a *retiring* one verifies until the
//! longest-lived token it may have signed has expired. RSA keys take turns of their own, and are there only in
//! tenants that have a client that needs them.

use std::cell::Cell;
use std::rc::Rc;

use p256::ecdsa::{SigningKey, VerifyingKey};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::crypto::foreign::{self, Foreign};
use crate::crypto::jwk;
use crate::crypto::jws::{self, Untrusted, Validity};
use crate::crypto::secret::{base64url, sha256};
use crate::cx::Cx;
use crate::domain::tenants;
use crate::memo::{AsOf, Invalidation, Slot};
use crate::model::json;
use crate::model::signing_alg::SigningAlg;
use crate::model::time::Time;
use crate::ports::Fault;
use crate::store::keys::KeyRow;
use crate::store::{self, json_text};

const DAY: i64 = 86_400;
/// How long a key signs.
pub(super) const SIGNS: i64 = 42 * DAY;
/// How long it is accepted after that: the longest token's life and a day.
pub(super) const OVERLAP: i64 = 31 * DAY;
/// `max-age` of the JWK Set, in seconds: how long a key is published before it signs, at least.
pub(crate) const JWKS_MAX_AGE: i64 = 300;

/// A key and its turn; `P` is the pair of its private and public half.
struct Key<P> {
    kid: String,
    pair: P,
    active_at: Time,
    gone_at: Option<Time>,
}

impl<P> Key<P> {
    fn of(row: &KeyRow, pair: P) -> Key<P> {
        Key { kid: row.kid.clone(), pair, active_at: row.active_at, gone_at: row.gone_at }
    }
}

struct Es256 {
    signing: SigningKey,
    verifying: VerifyingKey,
}

struct Rs256 {
    /// As the platform takes it.
    private: Zeroizing<Vec<u8>>,
    public: foreign::Key,
}

/// A tenant's keys, opened.
pub struct KeySet {
    es256: Vec<Key<Es256>>,
    rs256: Vec<Key<Rs256>>,
    /// The JWK Set (RFC 7517 §5), as JSON text.
    pub(crate) jwks: Rc<str>,
    /// Its entity tag, quoted.
    pub(crate) etag: String,
    /// How many signatures it has made; the tests count what a token costs.
    pub signed: Cell<u32>,
}

/// The key whose turn it is to sign. A request that began before the one that made the first key, and finds it, signs with
/// it: its own clock stands still at its beginning.
fn current<P>(keys: &[Key<P>], at: Time) -> Result<&Key<P>, Fault> {
    let active = keys.iter().rev().find(|key| key.active_at <= at);
    active.or_else(|| keys.first()).ok_or_else(|| Fault::new("keys", "there is none"))
}

/// The key of that id, if it is still accepted.
fn accepted<'a, P>(keys: &'a [Key<P>], kid: &str, now: Time) -> Option<&'a P> {
    let key = keys.iter().find(|key| key.kid == kid && key.gone_at.is_none_or(|gone| now < gone))?;
    Some(&key.pair)
}

impl KeySet {
    /// Signs claims with the current ES256 key.
    pub fn sign<T: Serialize>(&self, typ: &str, validity: Validity, claims: &T) -> Result<String, Fault> {
        let key = current(&self.es256, validity.from)?;
        self.signed.set(self.signed.get().wrapping_add(1));
        jws::sign(typ, &key.kid, &key.pair.signing, validity, claims)
    }

    /// Signs claims with the current key for an algorithm; [`for_alg`] of the same one makes sure that there is one.
    pub(crate) async fn sign_with<T: Serialize>(
        &self,
        cx: &Cx,
        alg: SigningAlg,
        typ: &str,
        validity: Validity,
        claims: &T,
    ) -> Result<String, Fault> {
        match alg {
            SigningAlg::Es256 => self.sign(typ, validity, claims),
            SigningAlg::Rs256 => {
                let key = current(&self.rs256, validity.from)?;
                self.signed.set(self.signed.get().wrapping_add(1));
                let sign = async |message: &[u8]| cx.rsa.sign(&key.pair.private, message).await;
                jws::sign_rs256(typ, &key.kid, sign, validity, claims).await
            }
        }
    }

    /// The claims of a token that one of the ES256 keys signed.
    pub(crate) fn verify<T: serde::de::DeserializeOwned>(
        &self,
        token: &Untrusted<'_>,
        now: Time,
    ) -> Option<(T, Time)> {
        token.verify(&accepted(&self.es256, token.kid()?, now)?.verifying, now)
    }

    /// The claims of a token that one of the RSA keys signed, whether or not it has expired.
    pub(crate) fn verify_rs256<T: serde::de::DeserializeOwned>(
        &self,
        token: &Foreign<'_>,
        now: Time,
    ) -> Option<T> {
        let key = &accepted(&self.rs256, token.kid()?, now)?.public;
        token.verify(std::slice::from_ref(key)).map(|signed| signed.claims)
    }

    /// Whether there is a key for an algorithm that will have a successor.
    fn has(&self, alg: SigningAlg) -> bool {
        match alg {
            SigningAlg::Es256 => self.es256.iter().any(|key| key.gone_at.is_none()),
            SigningAlg::Rs256 => self.rs256.iter().any(|key| key.gone_at.is_none()),
        }
    }
}

/// Signing keys by tenant id.
pub struct KeysOfTenant;

impl Slot for KeysOfTenant {
    type Key = String;
    type Value = Rc<KeySet>;
    const CAPACITY: usize = 2_000;

    fn is_stale(id: &String, _: &Self::Value, change: Invalidation<'_>) -> bool {
        change == Invalidation::Tenant(id)
    }
}

/// A tenant's keys; makes the first two if there are none.
pub async fn of(cx: &Cx, tenant_id: &str) -> Result<Rc<KeySet>, Fault> {
    for_alg(cx, tenant_id, SigningAlg::Es256).await
}

/// A tenant's keys, with some for an algorithm: makes two if there are none.
pub(crate) async fn for_alg(cx: &Cx, tenant_id: &str, alg: SigningAlg) -> Result<Rc<KeySet>, Fault> {
    if let Some(known) = cx.recall::<KeysOfTenant, _>(tenant_id, tenant_id).filter(|known| known.has(alg)) {
        return Ok(known);
    }
    let as_of = cx.as_of();
    if let Some(tenancy) = tenants::recall(cx, tenant_id) {
        let set = open(cx, tenant_id, &tenancy.keys)?;
        if set.has(SigningAlg::Es256) && set.has(alg) {
            return Ok(remember(cx, as_of, tenant_id, set));
        }
    }
    let mut rows = store::keys::of_tenant(cx.db.as_ref(), tenant_id, cx.now).await?;
    let is_missing = |kind: &SigningAlg| rows.iter().all(|row| row.alg != *kind || row.gone_at.is_some());
    let needed = SigningAlg::ALL.into_iter().filter(|kind| [SigningAlg::Es256, alg].contains(kind));
    let missing: Vec<SigningAlg> = needed.filter(is_missing).collect();
    for kind in &missing {
        make_first(cx, tenant_id, *kind, &rows).await?;
    }
    if !missing.is_empty() {
        rows = store::keys::of_tenant(cx.db.as_ref(), tenant_id, cx.now).await?;
    }
    let set = open(cx, tenant_id, &rows)?;
    Ok(remember(cx, as_of, tenant_id, set))
}

fn remember(cx: &Cx, as_of: AsOf, tenant_id: &str, set: KeySet) -> Rc<KeySet> {
    let set = Rc::new(set);
    cx.remember::<KeysOfTenant>(as_of, tenant_id, tenant_id.to_owned(), set.clone());
    set
}

/// Makes two keys behind those of their kind that retire. Of many who do it at once, one's rows stand.
async fn make_first(cx: &Cx, tenant_id: &str, alg: SigningAlg, rows: &[KeyRow]) -> Result<(), Fault> {
    let last = rows.iter().filter(|row| row.alg == alg).map(|row| row.turn).max();
    let turn = last.unwrap_or_default().saturating_add(1);
    let next_at = cx.now.plus(SIGNS);
    let first = make(cx, tenant_id, alg, turn, cx.now, Some(next_at.plus(OVERLAP))).await?;
    let second = make(cx, tenant_id, alg, turn.saturating_add(1), next_at, None).await?;
    store::keys::insert_first(cx.db.as_ref(), tenant_id, [&first, &second], cx.now).await
}

/// The purpose that the key for sealed private keys is derived for.
pub(super) const SEALED_AS: &str = "signing-keys";

/// What a sealed private key is bound to.
pub(super) fn row_name(tenant_id: &str, kid: &str) -> String {
    format!("signing_keys/{tenant_id}/{kid}/sealed_private")
}

/// A fresh key, sealed, for a place in the order of the tenant's keys of that kind.
pub(super) async fn make(
    cx: &Cx,
    tenant_id: &str,
    alg: SigningAlg,
    turn: i64,
    active_at: Time,
    gone_at: Option<Time>,
) -> Result<KeyRow, Fault> {
    let (public, private) = match alg {
        SigningAlg::Es256 => {
            // One draw in 2^32 is no scalar of the curve; eight in a row are a broken generator.
            let key = (0..8).find_map(|_| jwk::private_key(&cx.random::<32>()));
            let key = key.ok_or_else(|| Fault::new("keys", "the generator is broken"))?;
            (jwk::public(key.verifying_key())?, jwk::private_bytes(&key))
        }
        SigningAlg::Rs256 => {
            let key = cx.rsa.generate().await?;
            (jwk::rsa(key.n, key.e), key.private)
        }
    };
    let kid = public.kid().to_owned();
    let row = row_name(tenant_id, &kid);
    Ok(KeyRow {
        alg,
        turn,
        public_jwk: json_text(&public),
        sealed_private: cx.sealer(tenant_id, SEALED_AS)?.seal(cx.random(), &row, &private)?,
        kid,
        created_at: cx.now,
        active_at,
        gone_at,
    })
}

/// RFC 7517 §5.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(crate) struct Jwks {
    #[cfg_attr(not(target_arch = "wasm32"), schema(value_type = Vec<jwk::Jwk>))]
    keys: Vec<Value>,
}

fn open(cx: &Cx, tenant_id: &str, rows: &[KeyRow]) -> Result<KeySet, Fault> {
    let sealer = cx.sealer(tenant_id, SEALED_AS)?;
    let (mut published, mut es256, mut rs256) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let private = sealer.open(&row_name(tenant_id, &row.kid), &row.sealed_private)?;
        let public: Value = json::parse(row.public_jwk.as_bytes()).map_err(|e| Fault::new("keys", e))?;
        match row.alg {
            SigningAlg::Es256 => {
                let signing = jwk::private_key(&private).ok_or_else(|| Fault::new("keys", "no scalar"))?;
                let verifying = *signing.verifying_key();
                es256.push(Key::of(row, Es256 { signing, verifying }));
            }
            SigningAlg::Rs256 => {
                let key = foreign::key(&public).map_err(|wrong| Fault::new("keys", wrong))?;
                rs256.push(Key::of(row, Rs256 { private, public: key }));
            }
        }
        published.push(public);
    }
    let jwks = serde_json::to_string(&Jwks { keys: published }).map_err(|e| Fault::new("keys", e))?;
    let etag = format!("\"{}\"", base64url(sha256(jwks.as_bytes()).get(..16).unwrap_or_default()));
    Ok(KeySet { es256, rs256, jwks: jwks.into(), etag, signed: Cell::new(0) })
}

//! A tenant's signing keys: made at first use by exactly one writer, sealed at rest, rotated with overlap.
//!
//! Keys take turns. The *current* one is the last that is active; the *next* one is published before it
//! signs, so that a verifier's cached JWK Set always holds what signs; a *retiring* one verifies until the
//! longest-lived token it may have signed has expired.

use std::cell::Cell;
use std::rc::Rc;

use p256::ecdsa::{SigningKey, VerifyingKey};
use serde::Serialize;
use serde_json::Value;

use crate::crypto::jws::{self, Untrusted, Validity};
use crate::crypto::secret::{base64url, sha256};
use crate::crypto::{jwk, seal};
use crate::cx::Cx;
use crate::memo::{Invalidation, Slot};
use crate::model::json;
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

struct Key {
    kid: String,
    signing: SigningKey,
    verifying: VerifyingKey,
    active_at: Time,
    gone_at: Option<Time>,
}

/// A tenant's keys, opened.
pub struct KeySet {
    keys: Vec<Key>,
    /// The JWK Set (RFC 7517 §5), as JSON text.
    pub(crate) jwks: Rc<str>,
    /// Its entity tag, quoted.
    pub(crate) etag: String,
    /// How many signatures it has made; the tests count what a token costs.
    pub signed: Cell<u32>,
}

impl KeySet {
    /// Signs claims with the current key.
    pub fn sign<T: Serialize>(&self, typ: &str, validity: Validity, claims: &T) -> Result<String, Fault> {
        let active = self.keys.iter().rev().find(|key| key.active_at <= validity.from);
        let key = active.ok_or_else(|| Fault::new("keys", "none is active"))?;
        self.signed.set(self.signed.get().wrapping_add(1));
        jws::sign(typ, &key.kid, &key.signing, validity, claims)
    }

    /// The claims of a token that one of these keys signed.
    pub(crate) fn verify<T: serde::de::DeserializeOwned>(
        &self,
        token: &Untrusted<'_>,
        now: Time,
    ) -> Option<(T, Time)> {
        let kid = token.kid()?;
        let key = self.keys.iter().find(|key| key.kid == kid && key.gone_at.is_none_or(|gone| now < gone))?;
        token.verify(&key.verifying, now)
    }
}

/// Signing keys by tenant id.
pub struct KeysOfTenant;

impl Slot for KeysOfTenant {
    type Key = String;
    type Value = Rc<KeySet>;
    const CAPACITY: usize = 200;

    fn is_stale(id: &String, _: &Self::Value, change: Invalidation<'_>) -> bool {
        change == Invalidation::Tenant(id)
    }
}

/// A tenant's keys; makes the first two if there are none.
pub async fn of(cx: &Cx, tenant_id: &str) -> Result<Rc<KeySet>, Fault> {
    if let Some(known) = cx.memo::<KeysOfTenant>().get(tenant_id, cx.now) {
        return Ok(known);
    }
    let mut rows = store::keys::of_tenant(cx.db.as_ref(), tenant_id, cx.now).await?;
    if rows.is_empty() {
        let next_at = cx.now.plus(SIGNS);
        let first = make(cx, tenant_id, 1, cx.now, Some(next_at.plus(OVERLAP)))?;
        let second = make(cx, tenant_id, 2, next_at, None)?;
        // Of many first requests, one's rows stand; the others read them back.
        store::keys::make_first(cx.db.as_ref(), tenant_id, [&first, &second]).await?;
        rows = store::keys::of_tenant(cx.db.as_ref(), tenant_id, cx.now).await?;
    }
    let set = Rc::new(open(cx, tenant_id, rows)?);
    cx.memo::<KeysOfTenant>().put(tenant_id.to_owned(), set.clone(), cx.now, cx.remember_until());
    Ok(set)
}

fn row_name(tenant_id: &str, kid: &str) -> String {
    format!("signing_keys/{tenant_id}/{kid}/sealed_private")
}

/// A fresh key, sealed, for a place in the tenant's order.
pub(super) fn make(
    cx: &Cx,
    tenant_id: &str,
    turn: i64,
    active_at: Time,
    gone_at: Option<Time>,
) -> Result<KeyRow, Fault> {
    // One draw in 2^32 is no scalar of the curve; eight in a row are a broken generator.
    let private = (0..8).find_map(|_| jwk::private_key(&cx.random::<32>()));
    let private = private.ok_or_else(|| Fault::new("keys", "the generator is broken"))?;
    let public = jwk::public(private.verifying_key())?;
    let key = seal::derive(&cx.config.seal_key, tenant_id, "signing-keys")?;
    let row = row_name(tenant_id, &public.kid);
    Ok(KeyRow {
        turn,
        public_jwk: json_text(&public),
        sealed_private: seal::seal(&key, cx.random(), &row, &jwk::private_bytes(&private))?,
        kid: public.kid,
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

fn open(cx: &Cx, tenant_id: &str, rows: Vec<KeyRow>) -> Result<KeySet, Fault> {
    let sealing = seal::derive(&cx.config.seal_key, tenant_id, "signing-keys")?;
    let mut published = Vec::new();
    let mut keys = Vec::new();
    for row in rows {
        let bytes = seal::open(&sealing, &row_name(tenant_id, &row.kid), &row.sealed_private)?;
        let signing = jwk::private_key(&bytes).ok_or_else(|| Fault::new("keys", "no scalar"))?;
        published.push(json::parse(row.public_jwk.as_bytes()).map_err(|e| Fault::new("keys", e))?);
        let verifying = *signing.verifying_key();
        keys.push(Key { kid: row.kid, signing, verifying, active_at: row.active_at, gone_at: row.gone_at });
    }
    let jwks = serde_json::to_string(&Jwks { keys: published }).map_err(|e| Fault::new("keys", e))?;
    let etag = format!("\"{}\"", base64url(sha256(jwks.as_bytes()).get(..16).unwrap_or_default()));
    Ok(KeySet { keys, jwks: jwks.into(), etag, signed: Cell::new(0) })
}

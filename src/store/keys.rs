//! Signing keys.

use crate::model::signing_alg::SigningAlg;
use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::tenant_ref::TenantRef;
use crate::store::{Columns, one};

/// A signing key's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRow {
    /// What it signs with.
    pub(crate) alg: SigningAlg,
    /// Its place in the order of the tenant's keys for that.
    pub(crate) turn: i64,
    /// Its id.
    pub(crate) kid: String,
    /// The public key, JWK as JSON text.
    pub(crate) public_jwk: String,
    /// The private key, sealed.
    pub(crate) sealed_private: String,
    /// When it was made.
    pub(crate) created_at: Time,
    /// From when it signs.
    pub(crate) active_at: Time,
    /// Until when it is accepted.
    pub(crate) gone_at: Option<Time>,
}

/// The table of the keys of one kind.
fn table(alg: SigningAlg) -> &'static str {
    match alg {
        SigningAlg::Es256 => "signing_keys",
        SigningAlg::Rs256 => "rsa_keys",
    }
}

/// Asks for a tenant's keys that are still accepted, those of each kind oldest first.
pub(super) fn select(tenant: &TenantRef, now: Time) -> Stmt {
    let (mut args, id, at) = (tenant.args.clone(), &tenant.sql, tenant.args.len() + 1);
    args.push(now.0.into());
    let sql = format!(
        "SELECT 0 AS rsa, * FROM signing_keys WHERE tenant_id = {id} AND (gone_at IS NULL OR gone_at > ?{at})
         UNION ALL
         SELECT 1 AS rsa, * FROM rsa_keys WHERE tenant_id = {id} AND (gone_at IS NULL OR gone_at > ?{at})
         ORDER BY rsa, turn"
    );
    Stmt::new(sql, args)
}

/// A key from its row.
pub(super) fn read(row: &Row) -> Result<KeyRow, Fault> {
    let row = Columns(row);
    Ok(KeyRow {
        alg: if row.flag("rsa")? { SigningAlg::Rs256 } else { SigningAlg::Es256 },
        turn: row.int("turn")?,
        kid: row.text("kid")?,
        public_jwk: row.text("public_jwk")?,
        sealed_private: row.text("sealed_private")?,
        created_at: row.time("created_at")?,
        active_at: row.time("active_at")?,
        gone_at: row.maybe_time("gone_at")?,
    })
}

/// A tenant's keys that are still accepted, those of each kind oldest first.
pub(crate) async fn of_tenant(db: &dyn Database, tenant_id: &str, now: Time) -> Result<Vec<KeyRow>, Fault> {
    one(db, select(&TenantRef::by_id(tenant_id), now)).await?.iter().map(read).collect()
}

/// Puts a key at its turn, unless one stands there already.
pub(crate) fn insert(tenant_id: &str, key: &KeyRow) -> Stmt {
    Stmt::new(
        format!(
            "INSERT OR IGNORE INTO {} (tenant_id, turn, kid, public_jwk, sealed_private, created_at, active_at, gone_at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE true",
            table(key.alg)
        ),
        vec![
            tenant_id.into(),
            key.turn.into(),
            (&key.kid).into(),
            (&key.public_jwk).into(),
            (&key.sealed_private).into(),
            key.created_at.0.into(),
            key.active_at.0.into(),
            key.gone_at.map(|at| at.0).into(),
        ],
    )
}

/// Puts a tenant's first two keys of a kind at their turns, unless some stand there already. Those that are accepted no
/// more give their turns back.
pub(crate) async fn insert_first(
    db: &dyn Database,
    tenant_id: &str,
    [first, second]: [&KeyRow; 2],
    now: Time,
) -> Result<(), Fault> {
    let gone = format!("DELETE FROM {} WHERE tenant_id = ?1 AND gone_at <= ?2", table(first.alg));
    let gone = Stmt::new(gone, vec![tenant_id.into(), now.0.into()]);
    db.run(vec![gone, insert(tenant_id, first), insert(tenant_id, second)]).await.map(drop)
}

/// Sets when the key at a turn starts to sign, unless it has started.
pub(crate) fn activate(tenant_id: &str, alg: SigningAlg, turn: i64, at: Time, now: Time) -> Stmt {
    Stmt::new(
        format!(
            "UPDATE {} SET active_at = ?3 WHERE tenant_id = ?1 AND turn = ?2 AND active_at > ?4",
            table(alg)
        ),
        vec![tenant_id.into(), turn.into(), at.0.into(), now.0.into()],
    )
}

/// Sets until when the keys before a turn are accepted, never later than before.
pub(crate) fn retire_before(tenant_id: &str, alg: SigningAlg, turn: i64, gone_at: Time) -> Stmt {
    Stmt::new(
        format!(
            "UPDATE {} SET gone_at = min(coalesce(gone_at, ?3), ?3) WHERE tenant_id = ?1 AND turn < ?2",
            table(alg)
        ),
        vec![tenant_id.into(), turn.into(), gone_at.0.into()],
    )
}

/// Sets when the one key before a turn is gone, if nothing says yet.
pub(crate) fn retire_one(tenant_id: &str, alg: SigningAlg, turn: i64, gone_at: Time) -> Stmt {
    Stmt::new(
        format!(
            "UPDATE {} SET gone_at = ?3 WHERE tenant_id = ?1 AND turn = ?2 AND gone_at IS NULL",
            table(alg)
        ),
        vec![tenant_id.into(), turn.into(), gone_at.0.into()],
    )
}

/// Tenants whose last key of a kind signs, so that another is to be made, the longest due first: at most so many, behind the
/// first ones that are passed over.
pub(crate) async fn due(
    db: &dyn Database,
    alg: SigningAlg,
    passed_over: i64,
    limit: i64,
    now: Time,
) -> Result<Vec<String>, Fault> {
    let sql = format!(
        "SELECT tenant_id FROM {} WHERE gone_at IS NULL AND active_at <= ?1 ORDER BY active_at LIMIT ?2 OFFSET ?3",
        table(alg)
    );
    let rows = one(db, Stmt::new(sql, vec![now.0.into(), limit.into(), passed_over.into()])).await?;
    rows.iter().map(|row| Columns(row).text("tenant_id")).collect()
}

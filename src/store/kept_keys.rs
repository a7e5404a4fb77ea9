//! Keys of before a rotation of the deployment's key, sealed.

use crate::ports::{Database, Fault, Stmt};
use crate::store::{Columns, one};

/// Keeps a tenant's key, unless it is kept already.
pub(crate) fn insert(tenant_id: &str, key_id: &str, sealed: &str) -> Stmt {
    Stmt::new(
        "INSERT OR IGNORE INTO kept_keys (tenant_id, key_id, sealed) SELECT id, ?2, ?3 FROM tenants WHERE id = ?1",
        vec![tenant_id.into(), key_id.into(), sealed.into()],
    )
}

/// A tenant's kept key, sealed.
pub(crate) async fn by_id(db: &dyn Database, tenant_id: &str, key_id: &str) -> Result<Option<String>, Fault> {
    let sql = "SELECT sealed FROM kept_keys WHERE tenant_id = ?1 AND key_id = ?2";
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), key_id.into()])).await?;
    rows.first().map(|row| Columns(row).text("sealed")).transpose()
}

const LACKING: &str =
    "FROM tenants WHERE NOT EXISTS (SELECT 1 FROM kept_keys WHERE tenant_id = tenants.id AND key_id = ?1)";

/// Tenants whose key of that id is not kept, at most so many.
pub(crate) async fn lacking(db: &dyn Database, key_id: &str, most: i64) -> Result<Vec<String>, Fault> {
    let stmt = Stmt::new(format!("SELECT id {LACKING} LIMIT ?2"), vec![key_id.into(), most.into()]);
    one(db, stmt).await?.iter().map(|row| Columns(row).text("id")).collect()
}

/// How many there are.
pub(crate) fn count_lacking(key_id: &str) -> Stmt {
    Stmt::new(format!("SELECT count(*) AS n {LACKING}"), vec![key_id.into()])
}

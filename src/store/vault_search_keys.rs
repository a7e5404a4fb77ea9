//! The Google Search configuration of tenants.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Stmt};
use crate::store::{Columns, one};

/// The configuration, with its key sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchKeys {
    pub(crate) search_engine_id: String,
    pub(crate) sealed_key: String,
}

/// A tenant's, if it has one.
pub(crate) async fn of_tenant(db: &dyn Database, tenant_id: &str) -> Result<Option<SearchKeys>, Fault> {
    let sql = "SELECT search_engine_id, sealed_key FROM vault_search_keys WHERE tenant_id = ?1";
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into()])).await?;
    let read = |row| {
        let row = Columns(row);
        let (search_engine_id, sealed_key) = (row.text("search_engine_id")?, row.text("sealed_key")?);
        Ok(SearchKeys { search_engine_id, sealed_key })
    };
    rows.first().map(read).transpose()
}

/// Sets a tenant's.
pub(crate) fn put(tenant_id: &str, keys: &SearchKeys, now: Time) -> Stmt {
    let sql = "INSERT INTO vault_search_keys (tenant_id, search_engine_id, sealed_key, updated_at)
               SELECT id, ?2, ?3, ?4 FROM tenants WHERE id = ?1
               ON CONFLICT (tenant_id) DO UPDATE SET search_engine_id = excluded.search_engine_id,
                 sealed_key = excluded.sealed_key, updated_at = excluded.updated_at RETURNING tenant_id";
    let args =
        vec![tenant_id.into(), (&keys.search_engine_id).into(), (&keys.sealed_key).into(), now.0.into()];
    Stmt::new(sql, args)
}

/// Takes a tenant's away; returns its id if there was one.
pub(crate) fn delete(tenant_id: &str) -> Stmt {
    let sql = "DELETE FROM vault_search_keys WHERE tenant_id = ?1 RETURNING tenant_id";
    Stmt::new(sql, vec![tenant_id.into()])
}

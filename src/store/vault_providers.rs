//! Providers of tenants that people connect: entries of the catalogue that were set up, and those of their own.

use crate::model::time::Time;
use crate::model::vault::ProviderSpec;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::{Columns, json_text, one};

/// A provider of a tenant, as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredProvider {
    pub(crate) id: String,
    pub(crate) spec: ProviderSpec,
    /// Our client secret there.
    pub(crate) sealed_secret: Option<String>,
    /// When it was last changed.
    pub(crate) updated_at: Time,
}

fn read(row: &Row) -> Result<StoredProvider, Fault> {
    let row = Columns(row);
    Ok(StoredProvider {
        id: row.text("id")?,
        spec: row.json("spec")?,
        sealed_secret: row.maybe_text("sealed_secret")?,
        updated_at: row.time("updated_at")?,
    })
}

/// All of a tenant's, by id.
pub(crate) async fn all(db: &dyn Database, tenant_id: &str) -> Result<Vec<StoredProvider>, Fault> {
    let sql = "SELECT * FROM vault_providers WHERE tenant_id = ?1 ORDER BY id";
    one(db, Stmt::new(sql, vec![tenant_id.into()])).await?.iter().map(read).collect()
}

fn args(tenant_id: &str, provider: &StoredProvider) -> Vec<Arg> {
    vec![
        tenant_id.into(),
        (&provider.id).into(),
        json_text(&provider.spec).into(),
        provider.sealed_secret.clone().into(),
        provider.updated_at.0.into(),
    ]
}

/// Makes a provider; returns its id unless that is taken or the tenant has as many as it may.
pub(crate) fn insert(tenant_id: &str, provider: &StoredProvider, most: i64) -> Stmt {
    let sql = "INSERT INTO vault_providers (tenant_id, id, spec, sealed_secret, created_at, updated_at)
               SELECT ?1, ?2, ?3, ?4, ?5, ?5
               WHERE (SELECT count(*) FROM vault_providers WHERE tenant_id = ?1) < ?6
               ON CONFLICT DO NOTHING RETURNING id";
    let mut args = args(tenant_id, provider);
    args.push(most.into());
    Stmt::new(sql, args)
}

/// Replaces what a provider is, if it still is as it was read; returns its id if so.
pub(crate) fn update(tenant_id: &str, was: &StoredProvider, provider: &StoredProvider) -> Stmt {
    let sql = "UPDATE vault_providers SET spec = ?3, sealed_secret = ?4, updated_at = ?5
               WHERE tenant_id = ?1 AND id = ?2 AND spec = ?6 AND sealed_secret IS ?7 RETURNING id";
    let mut args = args(tenant_id, provider);
    args.extend([json_text(&was.spec).into(), was.sealed_secret.clone().into()]);
    Stmt::new(sql, args)
}

/// Changes nothing of a provider, and so says whether it is there to be deleted; returns its id if so.
pub(crate) fn release(tenant_id: &str, id: &str) -> Stmt {
    let sql = "UPDATE vault_providers SET spec = spec WHERE tenant_id = ?1 AND id = ?2 RETURNING id";
    Stmt::new(sql, vec![tenant_id.into(), id.into()])
}

/// Removes a provider.
pub(crate) fn delete(tenant_id: &str, id: &str) -> Stmt {
    let sql = "DELETE FROM vault_providers WHERE tenant_id = ?1 AND id = ?2";
    Stmt::new(sql, vec![tenant_id.into(), id.into()])
}

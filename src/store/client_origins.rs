//! Origins of clients' redirect URIs.

use crate::ports::{Database, Fault, Stmt};
use crate::store::{Columns, json_text, one};

/// Who made the clients that have a redirect URI of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KnownBy {
    /// There are none.
    Nobody,
    /// They registered themselves, all of them.
    Client,
    /// An administrator made one of them.
    Administrator,
}

/// Whose redirect URIs in a tenant are of that origin.
pub(crate) async fn known_by(db: &dyn Database, tenant_id: &str, origin: &str) -> Result<KnownBy, Fault> {
    let sql = "SELECT max(clients.registration_hash IS NULL) AS administered
               FROM client_origins JOIN clients ON clients.id = client_origins.client_id
               WHERE client_origins.tenant_id = ?1 AND client_origins.origin = ?2";
    administered(db, Stmt::new(sql, vec![tenant_id.into(), origin.into()])).await
}

/// Who allows that origin in any tenant: its settings are an administrator's, too.
pub(crate) async fn known_anywhere_by(db: &dyn Database, origin: &str) -> Result<KnownBy, Fault> {
    let sql = "SELECT max(administered) AS administered FROM (
                 SELECT 1 AS administered FROM allowed_origins WHERE origin = ?1
                 UNION ALL SELECT clients.registration_hash IS NULL FROM client_origins
                   JOIN clients ON clients.id = client_origins.client_id WHERE client_origins.origin = ?1)";
    administered(db, Stmt::new(sql, vec![origin.into()])).await
}

async fn administered(db: &dyn Database, stmt: Stmt) -> Result<KnownBy, Fault> {
    let rows = one(db, stmt).await?;
    let administered = rows.first().map(|row| Columns(row).maybe_int("administered")).transpose()?.flatten();
    Ok(match administered {
        None => KnownBy::Nobody,
        Some(0) => KnownBy::Client,
        Some(_) => KnownBy::Administrator,
    })
}

/// Writes the origins of a client.
pub(crate) fn insert(tenant_id: &str, client_id: &str, origins: &[String]) -> Stmt {
    Stmt::new(
        "INSERT OR IGNORE INTO client_origins (tenant_id, origin, client_id)
         SELECT clients.tenant_id, origins.value, clients.id FROM clients, json_each(?3) AS origins
         WHERE clients.tenant_id = ?1 AND clients.id = ?2",
        vec![tenant_id.into(), client_id.into(), json_text(&origins).into()],
    )
}

/// Forgets the origins of a client.
pub(crate) fn delete(tenant_id: &str, client_id: &str) -> Stmt {
    let sql = "DELETE FROM client_origins WHERE tenant_id = ?1 AND client_id = ?2";
    Stmt::new(sql, vec![tenant_id.into(), client_id.into()])
}

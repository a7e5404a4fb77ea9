//! Origins of clients' redirect URIs.

use crate::ports::{Db, Fault, Stmt};
use crate::store::{json_text, one};

/// Whether a client of the tenant has a redirect URI of that origin.
pub async fn is_known(db: &dyn Db, tenant_id: &str, origin: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 AS known FROM client_origins WHERE tenant_id = ?1 AND origin = ?2 LIMIT 1";
    Ok(!one(db, Stmt::new(sql, vec![tenant_id.into(), origin.into()])).await?.is_empty())
}

/// Writes the origins of a client that is in the same batch before, if it is there.
pub fn insert(tenant_id: &str, client_id: &str, origins: &[String]) -> Stmt {
    Stmt::new(
        "INSERT INTO client_origins (tenant_id, origin, client_id)
         SELECT clients.tenant_id, origins.value, clients.id FROM clients, json_each(?3) AS origins
         WHERE clients.tenant_id = ?1 AND clients.id = ?2
         ON CONFLICT DO NOTHING",
        vec![tenant_id.into(), client_id.into(), json_text(&origins).into()],
    )
}

/// Forgets the origins of a client.
pub fn delete(tenant_id: &str, client_id: &str) -> Stmt {
    let sql = "DELETE FROM client_origins WHERE tenant_id = ?1 AND client_id = ?2";
    Stmt::new(sql, vec![tenant_id.into(), client_id.into()])
}

//! Clients.

use crate::model::client::Metadata;
use crate::model::time::Time;
use crate::ports::{Db, Fault, Row, Stmt};
use crate::store::{Columns, one};

/// A client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// Its tenant.
    pub tenant_id: String,
    /// Its `client_name`.
    pub name: String,
    /// What it is.
    pub metadata: Metadata,
    /// Hash of its secret.
    pub secret_hash: Option<String>,
    /// Hash of its registration access token.
    pub registration_hash: Option<String>,
    /// When it was made.
    pub created_at: Time,
}

/// The question for a client of a tenant, for a batch; [`read`] reads its row.
pub fn select(tenant_id: &str, id: &str) -> Stmt {
    Stmt::new("SELECT * FROM clients WHERE tenant_id = ?1 AND id = ?2", vec![tenant_id.into(), id.into()])
}

/// A client from its row.
pub fn read(row: &Row) -> Result<Client, Fault> {
    let row = Columns(row);
    Ok(Client {
        id: row.text("id")?,
        tenant_id: row.text("tenant_id")?,
        name: row.text("name")?,
        metadata: row.json("metadata")?,
        secret_hash: row.maybe_text("secret_hash")?,
        registration_hash: row.maybe_text("registration_hash")?,
        created_at: row.time("created_at")?,
    })
}

/// A client of a tenant.
pub async fn by_id(db: &dyn Db, tenant_id: &str, id: &str) -> Result<Option<Client>, Fault> {
    one(db, select(tenant_id, id)).await?.first().map(read).transpose()
}

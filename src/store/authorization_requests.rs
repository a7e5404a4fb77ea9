//! Authorization requests that wait, by the hash of their id.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Stmt};
use crate::store::{Columns, one};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PendingRequest {
    pub(crate) client_id: String,
    /// `pushed` or `waiting`.
    pub(crate) kind: String,
    /// Its parameters, JSON.
    pub(crate) parameters: String,
    /// When it was first made.
    pub(crate) created_at: Time,
    /// When it ends.
    pub(crate) expires_at: Time,
}

/// Keeps one.
pub(crate) fn insert(tenant_id: &str, hash: &str, request: &PendingRequest) -> Stmt {
    Stmt::new(
        "INSERT INTO authorization_requests (hash, tenant_id, client_id, kind, parameters, created_at, expires_at)
         SELECT ?1, ?2, id, ?4, ?5, ?6, ?7 FROM clients WHERE id = ?3 AND tenant_id = ?2 ON CONFLICT (hash) DO NOTHING",
        vec![
            hash.into(),
            tenant_id.into(),
            request.client_id.as_str().into(),
            request.kind.as_str().into(),
            request.parameters.as_str().into(),
            request.created_at.0.into(),
            request.expires_at.0.into(),
        ],
    )
    .repeatable()
}

/// One that still waits. What was pushed can be read once more only by the client's next push.
pub(crate) async fn find(
    db: &dyn Database,
    tenant_id: &str,
    hash: &str,
    now: Time,
) -> Result<Option<PendingRequest>, Fault> {
    let found = Stmt::new(
        "SELECT * FROM authorization_requests
         WHERE hash = ?1 AND tenant_id = ?2 AND expires_at > ?3 AND used_at IS NULL",
        vec![hash.into(), tenant_id.into(), now.0.into()],
    );
    let rows = one(db, found).await?;
    let Some(row) = rows.first().map(Columns) else { return Ok(None) };
    Ok(Some(PendingRequest {
        client_id: row.text("client_id")?,
        kind: row.text("kind")?,
        parameters: row.text("parameters")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    }))
}

/// Takes one that was pushed: no rows if it is gone already.
pub(crate) fn take(hash: &str, now: Time) -> Stmt {
    Stmt::new(
        "UPDATE authorization_requests SET used_at = ?2 WHERE hash = ?1 AND used_at IS NULL RETURNING hash",
        vec![hash.into(), now.0.into()],
    )
}

//! Keys that messages to SAML providers are signed with.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, one};

/// Which provider of which tenant a key is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Provider {
    pub(crate) tenant_id: String,
    pub(crate) id: String,
}

/// A key with its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SamlKeyRow {
    pub(crate) id: String,
    /// Its place in the order of the provider's keys, from 1.
    pub(crate) turn: i64,
    /// Base64 of DER.
    pub(crate) certificate: String,
    pub(crate) sealed_private: String,
    pub(crate) created_at: Time,
    /// When the certificate ends.
    pub(crate) ends_at: Time,
    /// Since when it signs; `None` for the next one.
    pub(crate) active_at: Option<Time>,
}

/// A provider's keys, in their order: one that signs, and maybe the next.
pub(crate) async fn of_provider(db: &dyn Database, of: &Provider) -> Result<Vec<SamlKeyRow>, Fault> {
    let sql = "SELECT * FROM saml_keys WHERE tenant_id = ?1 AND provider_id = ?2 ORDER BY turn";
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(SamlKeyRow {
            id: row.text("id")?,
            turn: row.int("turn")?,
            certificate: row.text("certificate")?,
            sealed_private: row.text("sealed_private")?,
            created_at: row.time("created_at")?,
            ends_at: row.time("ends_at")?,
            active_at: row.maybe_time("active_at")?,
        })
    };
    one(db, Stmt::new(sql, vec![(&of.tenant_id).into(), (&of.id).into()])).await?.iter().map(read).collect()
}

/// Puts a key at its turn, if the provider is there and has none of that turn or later, nor a next one; returns its id.
pub(crate) fn insert(of: &Provider, key: &SamlKeyRow) -> Stmt {
    let sql = "INSERT INTO saml_keys (tenant_id, provider_id, turn, id, certificate, sealed_private, created_at, ends_at,
                                      active_at)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
               WHERE EXISTS (SELECT 1 FROM identity_providers WHERE tenant_id = ?1 AND id = ?2)
               AND NOT EXISTS (SELECT 1 FROM saml_keys WHERE tenant_id = ?1 AND provider_id = ?2
                               AND (turn >= ?3 OR active_at IS NULL)) RETURNING id";
    let args = vec![
        (&of.tenant_id).into(),
        (&of.id).into(),
        key.turn.into(),
        (&key.id).into(),
        (&key.certificate).into(),
        (&key.sealed_private).into(),
        key.created_at.0.into(),
        key.ends_at.0.into(),
        key.active_at.map(|at| at.0).into(),
    ];
    Stmt::new(sql, args)
}

/// Has the next key sign from now on; returns its id unless it does already.
pub(crate) fn activate(of: &Provider, id: &str, now: Time) -> Stmt {
    let sql = "UPDATE saml_keys SET active_at = ?4
               WHERE tenant_id = ?1 AND provider_id = ?2 AND id = ?3 AND active_at IS NULL RETURNING id";
    Stmt::new(sql, vec![(&of.tenant_id).into(), (&of.id).into(), id.into(), now.0.into()])
}

/// Removes the keys before one.
pub(crate) fn delete_before(of: &Provider, turn: i64) -> Stmt {
    let sql = "DELETE FROM saml_keys WHERE tenant_id = ?1 AND provider_id = ?2 AND turn < ?3";
    Stmt::new(sql, vec![(&of.tenant_id).into(), (&of.id).into(), turn.into()])
}

/// Removes the next key; returns its id if there is one of that id that does not sign yet.
pub(crate) fn delete_next(of: &Provider, id: &str) -> Stmt {
    let sql = "DELETE FROM saml_keys
               WHERE tenant_id = ?1 AND provider_id = ?2 AND id = ?3 AND active_at IS NULL RETURNING id";
    Stmt::new(sql, vec![(&of.tenant_id).into(), (&of.id).into(), id.into()])
}

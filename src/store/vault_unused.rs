//! Connections that nobody has used for as long as their tenant's setting `connectionIdleDays` says.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Stmt};
use crate::store::vault_tokens::NOTED_EVERY;
use crate::store::{Columns, one};

/// A connection that was not used for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unused {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    pub(crate) provider_id: String,
    pub(crate) label: String,
    /// When it was used last, or made.
    pub(crate) used_at: Time,
}

/// One piece of what was looked at.
pub(crate) struct Looked {
    /// How many connections.
    pub(crate) count: usize,
    /// Those of them that were not used for long.
    pub(crate) unused: Vec<Unused>,
}

const DAYS: &str = "json_extract(tenants.settings, '$.connectionIdleDays')";

/// Looks at connections that may not have been used for long, of all tenants with the setting, at most so many. One that was
/// used meanwhile is not looked at again before that is as long ago.
pub(crate) async fn look(db: &dyn Database, limit: i64, now: Time) -> Result<Looked, Fault> {
    // A use is noted with that delay.
    let until = now.0.saturating_sub(NOTED_EVERY);
    let sql = format!(
        "UPDATE vault_connections SET idle_from = coalesce(last_used_at, created_at)
         WHERE id IN (SELECT held.id FROM tenants CROSS JOIN vault_connections AS held
                      WHERE {DAYS} > 0 AND held.tenant_id = tenants.id
                      AND held.idle_from <= ?1 - 86400000 * {DAYS} LIMIT ?2)
         RETURNING id, tenant_id, user_id, provider_id, label, idle_from,
           idle_from <= ?1 - 86400000 * (SELECT {DAYS} FROM tenants WHERE tenants.id = tenant_id) AS is_unused"
    );
    let rows = one(db, Stmt::new(sql, vec![until.into(), limit.into()])).await?;
    let mut unused = Vec::new();
    for row in rows.iter().map(Columns) {
        if row.flag("is_unused")? {
            unused.push(Unused {
                id: row.text("id")?,
                tenant_id: row.text("tenant_id")?,
                user_id: row.text("user_id")?,
                provider_id: row.text("provider_id")?,
                label: row.text("label")?,
                used_at: row.time("idle_from")?,
            });
        }
    }
    Ok(Looked { count: rows.len(), unused })
}

/// Changes nothing of a connection, and so says whether it was not used meanwhile; returns its id if so.
pub(crate) fn release(unused: &Unused) -> Stmt {
    let sql = "UPDATE vault_connections SET label = label
               WHERE id = ?1 AND coalesce(last_used_at, created_at) = ?2 RETURNING id";
    Stmt::new(sql, vec![(&unused.id).into(), unused.used_at.0.into()])
}

/// Removes a connection.
pub(crate) fn delete(unused: &Unused) -> Stmt {
    Stmt::new("DELETE FROM vault_connections WHERE id = ?1", vec![(&unused.id).into()])
}

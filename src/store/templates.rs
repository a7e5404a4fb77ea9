//! Pages in a tenant's own HTML.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, one};

/// A template as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredTemplate {
    /// Which page it is for.
    pub(crate) name: String,
    /// The HTML as it was written.
    pub(crate) html: String,
    /// When.
    pub(crate) updated_at: Time,
}

fn read(row: &Row) -> Result<StoredTemplate, Fault> {
    let row = Columns(row);
    Ok(StoredTemplate {
        name: row.text("name")?,
        html: row.text("html")?,
        updated_at: row.time("updated_at")?,
    })
}

/// All of a tenant.
pub(crate) async fn list(db: &dyn Database, tenant_id: &str) -> Result<Vec<StoredTemplate>, Fault> {
    let sql = "SELECT * FROM templates WHERE tenant_id = ?1 ORDER BY name";
    one(db, Stmt::new(sql, vec![tenant_id.into()])).await?.iter().map(read).collect()
}

/// The one for a page.
pub(crate) async fn by_name(
    db: &dyn Database,
    tenant_id: &str,
    name: &str,
) -> Result<Option<StoredTemplate>, Fault> {
    let sql = "SELECT * FROM templates WHERE tenant_id = ?1 AND name = ?2";
    one(db, Stmt::new(sql, vec![tenant_id.into(), name.into()])).await?.first().map(read).transpose()
}

/// Keeps one in place of what was there.
pub(crate) fn put(tenant_id: &str, kept: &StoredTemplate) -> Stmt {
    Stmt::new(
        "INSERT INTO templates (tenant_id, name, html, updated_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (tenant_id, name) DO UPDATE SET html = excluded.html, updated_at = excluded.updated_at",
        vec![
            tenant_id.into(),
            kept.name.as_str().into(),
            kept.html.as_str().into(),
            kept.updated_at.0.into(),
        ],
    )
}

/// Removes one; returns its name if it was there.
pub(crate) fn delete(tenant_id: &str, name: &str) -> Stmt {
    let sql = "DELETE FROM templates WHERE tenant_id = ?1 AND name = ?2 RETURNING name";
    Stmt::new(sql, vec![tenant_id.into(), name.into()])
}

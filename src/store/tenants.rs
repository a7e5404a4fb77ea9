//! Tenants and their custom hosts.

use crate::model::time::Time;
use crate::ports::{Arg, Db, Fault, Row, Stmt};
use crate::store::{Columns, Listed, Page, one};

/// A tenant's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantRow {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Whose e-mail namespace its users are in.
    pub directory: String,
    /// Its settings, JSON text.
    pub settings: String,
    /// `active` or `suspended`.
    pub status: String,
    /// When it was made.
    pub created_at: Time,
}

fn read(row: &Row) -> Result<TenantRow, Fault> {
    let row = Columns(row);
    Ok(TenantRow {
        id: row.text("id")?,
        name: row.text("name")?,
        directory: row.text("directory")?,
        settings: row.text("settings")?,
        status: row.text("status")?,
        created_at: row.time("created_at")?,
    })
}

/// A tenant by id.
pub async fn by_id(db: &dyn Db, id: &str) -> Result<Option<TenantRow>, Fault> {
    let rows = one(db, Stmt::new("SELECT * FROM tenants WHERE id = ?1", vec![id.into()])).await?;
    rows.first().map(read).transpose()
}

/// The tenant that a host belongs to.
pub async fn id_by_host(db: &dyn Db, host: &str) -> Result<Option<String>, Fault> {
    let rows =
        one(db, Stmt::new("SELECT tenant_id FROM tenant_hosts WHERE host = ?1", vec![host.into()])).await?;
    rows.first().map(|row| Columns(row).text("tenant_id")).transpose()
}

/// A page of all tenants, by id.
pub async fn list(db: &dyn Db, page: &Page) -> Result<Listed<TenantRow>, Fault> {
    let sql = "SELECT * FROM tenants WHERE id > ?1 ORDER BY id LIMIT ?2";
    let after = page.after.clone().unwrap_or_default();
    let rows = one(db, Stmt::new(sql, vec![after.into(), (page.limit + 1).into()])).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |tenant: &TenantRow| tenant.id.clone()))
}

/// Makes a tenant; returns its id unless it is taken.
pub fn insert(tenant: &TenantRow) -> Stmt {
    Stmt::new(
        "INSERT INTO tenants (id, name, directory, settings, status, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING RETURNING id",
        vec![
            (&tenant.id).into(),
            (&tenant.name).into(),
            (&tenant.directory).into(),
            (&tenant.settings).into(),
            (&tenant.status).into(),
            tenant.created_at.0.into(),
        ],
    )
}

/// Gives a host to a tenant; returns the host unless it is taken.
pub fn insert_host(host: &str, tenant_id: &str) -> Stmt {
    Stmt::new(
        "INSERT INTO tenant_hosts (host, tenant_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING RETURNING host",
        vec![host.into(), tenant_id.into()],
    )
}

/// Replaces a tenant's settings.
pub fn set_settings(id: &str, settings: &str) -> Stmt {
    let args: Vec<Arg> = vec![settings.into(), id.into()];
    Stmt::new("UPDATE tenants SET settings = ?1 WHERE id = ?2", args)
}

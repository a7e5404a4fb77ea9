//! People of an organisation that has a trial tenant who want to join it.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, Listed, Page, one};

/// One who wants to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinRequest {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    /// The home tenant's provider that they came by.
    pub(crate) provider_id: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) email: String,
    /// Whether the provider is authoritative for the address.
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    pub(crate) asked_at: Time,
}

fn read(row: &Row) -> Result<JoinRequest, Fault> {
    let row = Columns(row);
    Ok(JoinRequest {
        id: row.text("id")?,
        tenant_id: row.text("tenant_id")?,
        provider_id: row.text("provider_id")?,
        issuer: row.text("issuer")?,
        subject: row.text("subject")?,
        email: row.text("email")?,
        email_verified: row.flag("email_verified")?,
        name: row.maybe_text("name")?,
        asked_at: row.time("asked_at")?,
    })
}

/// Notes that somebody wants to join, unless it is noted, or too many wait; returns its id if so.
pub(crate) fn insert(request: &JoinRequest, most: i64) -> Stmt {
    let sql = "INSERT INTO join_requests (id, tenant_id, provider_id, issuer, subject, email, email_verified, name, asked_at)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
               WHERE (SELECT count(*) FROM join_requests WHERE tenant_id = ?2) < ?10
               ON CONFLICT DO NOTHING RETURNING id";
    let args = vec![
        (&request.id).into(),
        (&request.tenant_id).into(),
        (&request.provider_id).into(),
        (&request.issuer).into(),
        (&request.subject).into(),
        (&request.email).into(),
        request.email_verified.into(),
        request.name.clone().into(),
        request.asked_at.0.into(),
        most.into(),
    ];
    Stmt::new(sql, args)
}

/// A page of a tenant's, by id.
pub(crate) async fn list(
    db: &dyn Database,
    tenant_id: &str,
    page: &Page,
) -> Result<Listed<JoinRequest>, Fault> {
    let sql = "SELECT * FROM join_requests WHERE tenant_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    let after = page.after.clone().unwrap_or_default();
    let args = vec![tenant_id.into(), after.into(), (page.limit + 1).into()];
    let items = one(db, Stmt::new(sql, args)).await?.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |request: &JoinRequest| request.id.clone()))
}

/// One of a tenant.
pub(crate) async fn by_id(
    db: &dyn Database,
    tenant_id: &str,
    id: &str,
) -> Result<Option<JoinRequest>, Fault> {
    let sql = "SELECT * FROM join_requests WHERE tenant_id = ?1 AND id = ?2";
    one(db, Stmt::new(sql, vec![tenant_id.into(), id.into()])).await?.first().map(read).transpose()
}

/// Takes one away; returns its id if it was there.
pub(crate) fn take(tenant_id: &str, id: &str) -> Stmt {
    let sql = "DELETE FROM join_requests WHERE tenant_id = ?1 AND id = ?2 RETURNING id";
    Stmt::new(sql, vec![tenant_id.into(), id.into()])
}

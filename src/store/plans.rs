//! Plans of a tenant. The one that its settings make the default exists without a row, too.

use crate::model::role::{DEFAULT_PLAN, Plan};
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, json_text, one};

/// A plan from its row.
pub(crate) fn read(row: &Row) -> Result<Plan, Fault> {
    let row = Columns(row);
    Ok(Plan { name: row.text("name")?, rank: row.int("rank")?, features: row.json("features")? })
}

/// Asks for a tenant's plans that have a row, highest first.
fn all(tenant_id: &str) -> Stmt {
    Stmt::new(OF_TENANT.replace("{tenant}", "?1"), vec![tenant_id.into()])
}

/// The plans of a tenant that have a row, highest first.
pub(super) const OF_TENANT: &str =
    "SELECT name, rank, features FROM plans WHERE tenant_id = {tenant} ORDER BY rank DESC, name";

/// A tenant's plans that have a row, highest first.
pub(crate) async fn list(db: &dyn Database, tenant_id: &str) -> Result<Vec<Plan>, Fault> {
    one(db, all(tenant_id)).await?.iter().map(read).collect()
}

/// Makes a plan; returns its name unless it is taken.
pub(crate) fn insert(tenant_id: &str, plan: &Plan) -> Stmt {
    Stmt::new(
        "INSERT INTO plans (tenant_id, name, rank, features) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING RETURNING name",
        vec![tenant_id.into(), (&plan.name).into(), plan.rank.into(), json_text(&plan.features).into()],
    )
}

/// Changes a plan that has a row, or is the tenant's default and gets one; returns its name if so.
pub(crate) fn put(tenant_id: &str, plan: &Plan) -> Stmt {
    let (known, default) = (has_row("?1", "?2"), is_default("?1", "?2"));
    Stmt::new(
        format!(
            "INSERT INTO plans (tenant_id, name, rank, features) SELECT ?1, ?2, ?3, ?4 WHERE {known} OR {default}
             ON CONFLICT (tenant_id, name) DO UPDATE SET rank = excluded.rank, features = excluded.features
             RETURNING name"
        ),
        vec![tenant_id.into(), (&plan.name).into(), plan.rank.into(), json_text(&plan.features).into()],
    )
}

/// Whether users are on the plan or routes ask for it, both SQL expressions.
pub(super) fn in_use(tenant: &str, plan: &str) -> String {
    format!(
        "(EXISTS (SELECT 1 FROM users WHERE users.tenant_id = {tenant} AND users.plan = {plan})
          OR EXISTS (SELECT 1 FROM routes WHERE routes.tenant_id = {tenant}
                     AND json_extract(routes.spec, '$.minimumPlan') = {plan}))"
    )
}

/// Removes a plan that nobody is on, that no route asks for and that is not the default; returns its name if it did.
pub(crate) fn delete(tenant_id: &str, name: &str) -> Stmt {
    let (used, default) = (in_use("?1", "?2"), is_default("?1", "?2"));
    let sql = format!(
        "DELETE FROM plans WHERE tenant_id = ?1 AND name = ?2 AND NOT {used} AND NOT {default} RETURNING name"
    );
    Stmt::new(sql, vec![tenant_id.into(), name.into()])
}

/// Why a plan cannot be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stays {
    /// It is the tenant's default.
    Default,
    /// Users are on it.
    Users,
    /// A route asks for it.
    Routes,
    /// There is no such plan.
    Unknown,
}

/// Why a plan was not removed.
pub(crate) async fn why_it_stays(db: &dyn Database, tenant_id: &str, name: &str) -> Result<Stays, Fault> {
    let sql = format!(
        "SELECT {} AS is_default, {} AS has_row,
                EXISTS (SELECT 1 FROM users WHERE tenant_id = ?1 AND plan = ?2) AS users",
        is_default("?1", "?2"),
        has_row("?1", "?2")
    );
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), name.into()])).await?;
    let Some(row) = rows.first().map(Columns) else { return Ok(Stays::Unknown) };
    Ok(match (row.flag("is_default")?, row.flag("has_row")?, row.flag("users")?) {
        (true, _, _) => Stays::Default,
        (_, false, _) => Stays::Unknown,
        (_, _, true) => Stays::Users,
        (_, _, false) => Stays::Routes,
    })
}

/// Whether a plan without a row is in use: it is there only as long as it is the default.
pub(crate) async fn is_used_without_row(
    db: &dyn Database,
    tenant_id: &str,
    name: &str,
) -> Result<bool, Fault> {
    let sql = format!("SELECT {} AND NOT {} AS n", in_use("?1", "?2"), has_row("?1", "?2"));
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), name.into()])).await?;
    rows.first().map_or(Ok(false), |row| Columns(row).flag("n"))
}

pub(super) fn has_row(tenant: &str, plan: &str) -> String {
    format!("EXISTS (SELECT 1 FROM plans WHERE plans.tenant_id = {tenant} AND plans.name = {plan})")
}

fn is_default(tenant: &str, plan: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM tenants WHERE tenants.id = {tenant}
                 AND coalesce(json_extract(tenants.settings, '$.defaultPlan'), '{DEFAULT_PLAN}') = {plan})"
    )
}

/// Whether a tenant has a plan, or none is meant; both SQL expressions.
pub(crate) fn is_known(tenant: &str, plan: &str) -> String {
    format!("({plan} IS NULL OR {} OR {})", has_row(tenant, plan), is_default(tenant, plan))
}

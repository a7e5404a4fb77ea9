//! Gateway routes.

use crate::model::route::{Route, RouteSpec, RouteTable};
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::{Columns, Listed, Page, json_text, one, plans, roles};

fn read(row: &Row) -> Result<Route, Fault> {
    let row = Columns(row);
    Ok(Route { id: row.text("id")?, spec: row.json("spec")?, by_method: false })
}

/// The routes of a tenant.
pub(super) const OF_TENANT: &str = "SELECT id, spec FROM routes WHERE tenant_id = {tenant}";

/// A tenant's whole table: its routes, roles and plans.
pub(super) fn read_table(routes: &[Row], role_rows: &[Row], plan_rows: &[Row]) -> Result<RouteTable, Fault> {
    Ok(RouteTable::new(
        routes.iter().map(read).collect::<Result<_, _>>()?,
        role_rows.iter().map(roles::read_role).collect::<Result<_, _>>()?,
        plan_rows.iter().map(plans::read).collect::<Result<_, _>>()?,
    ))
}

/// The question for a tenant's routes of MCP servers, for a batch.
pub(crate) fn of_mcp(tenant_id: &str) -> Stmt {
    let sql = "SELECT spec FROM routes WHERE tenant_id = ?1 AND json_extract(spec, '$.mcp') ORDER BY id";
    Stmt::new(sql, vec![tenant_id.into()])
}

/// A page of a tenant's routes, by id.
pub(crate) async fn list(db: &dyn Database, tenant_id: &str, page: &Page) -> Result<Listed<Route>, Fault> {
    let sql = "SELECT id, spec FROM routes WHERE tenant_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    let after = page.after.clone().unwrap_or_default();
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), after.into(), (page.limit + 1).into()])).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |route: &Route| route.id.clone()))
}

/// A route by id.
pub(crate) async fn by_id(db: &dyn Database, tenant_id: &str, id: &str) -> Result<Option<Route>, Fault> {
    let sql = "SELECT id, spec FROM routes WHERE tenant_id = ?1 AND id = ?2";
    one(db, Stmt::new(sql, vec![tenant_id.into(), id.into()])).await?.first().map(read).transpose()
}

/// Whether the tenant `?1` has the roles and the plan that the rules `?2` of a route ask for.
fn is_sound() -> String {
    let roles = roles::has_all("?1", "coalesce(json_extract(?2, '$.roles'), '[]')");
    let plan = plans::is_known("?1", "json_extract(?2, '$.minimumPlan')");
    format!("{roles} AND {plan}")
}

/// Makes a route; returns its id unless the name is taken, or there is no role or plan that it asks for.
pub(crate) fn insert(tenant_id: &str, id: &str, spec: &RouteSpec, now: Time) -> Stmt {
    Stmt::new(
        format!(
            "INSERT INTO routes (id, tenant_id, name, spec, created_at) SELECT ?3, ?1, ?4, ?2, ?5 WHERE {}
             ON CONFLICT DO NOTHING RETURNING id",
            is_sound()
        ),
        vec![tenant_id.into(), json_text(spec).into(), id.into(), (&spec.name).into(), now.0.into()],
    )
}

/// Replaces a route, unless another has the name, there is no role or plan that it asks for, or whom it lets pass is
/// not as it was read; returns its id if it was replaced.
pub(crate) fn update(tenant_id: &str, was: &Route, spec: &RouteSpec) -> Stmt {
    let same = still("?5", "?6");
    let mut args: Vec<Arg> =
        vec![tenant_id.into(), json_text(spec).into(), (&was.id).into(), (&spec.name).into()];
    args.extend(rules(was));
    Stmt::new(
        format!(
            "UPDATE OR IGNORE routes SET name = ?4, spec = ?2
             WHERE tenant_id = ?1 AND id = ?3 AND {same} AND {} RETURNING id",
            is_sound()
        ),
        args,
    )
}

fn still(scopes: &str, roles: &str) -> String {
    format!(
        "coalesce(json_extract(spec, '$.scopes'), '[]') = {scopes}
         AND coalesce(json_extract(spec, '$.roles'), '[]') = {roles}"
    )
}

fn rules(route: &Route) -> [Arg; 2] {
    [json_text(&route.spec.scopes).into(), json_text(&route.spec.roles).into()]
}

/// Removes a route, unless whom it lets pass is not as it was read; returns its id if it did.
pub(crate) fn delete(tenant_id: &str, was: &Route) -> Stmt {
    let same = still("?3", "?4");
    let sql = format!("DELETE FROM routes WHERE tenant_id = ?1 AND id = ?2 AND {same} RETURNING id");
    let mut args: Vec<Arg> = vec![tenant_id.into(), (&was.id).into()];
    args.extend(rules(was));
    Stmt::new(sql, args)
}

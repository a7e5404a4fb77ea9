//! Gateway routes.

use crate::model::route::{Route, RouteSpec, RouteTable};
use crate::model::time::Time;
use crate::ports::{Db, Fault, Row, Stmt};
use crate::store::{Columns, Listed, Page, json_text, one, roles};

fn read(row: &Row) -> Result<Route, Fault> {
    let row = Columns(row);
    Ok(Route { id: row.text("id")?, spec: row.json("spec")?, by_method: false })
}

/// A tenant's whole table with its roles and plans, in one round trip.
pub async fn table(db: &dyn Db, tenant_id: &str) -> Result<RouteTable, Fault> {
    let routes = Stmt::new("SELECT id, spec FROM routes WHERE tenant_id = ?1", vec![tenant_id.into()]);
    let answers = db.run(vec![routes, roles::all_roles(tenant_id), roles::all_plans(tenant_id)]).await?;
    let [routes, role_rows, plan_rows] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of three answered otherwise"));
    };
    Ok(RouteTable::new(
        routes.iter().map(read).collect::<Result<_, _>>()?,
        role_rows.iter().map(roles::read_role).collect::<Result<_, _>>()?,
        plan_rows.iter().map(roles::read_plan).collect::<Result<_, _>>()?,
    ))
}

/// A page of a tenant's routes, by id.
pub async fn list(db: &dyn Db, tenant_id: &str, page: &Page) -> Result<Listed<Route>, Fault> {
    let sql = "SELECT id, spec FROM routes WHERE tenant_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    let after = page.after.clone().unwrap_or_default();
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), after.into(), (page.limit + 1).into()])).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |route: &Route| route.id.clone()))
}

/// A route by id.
pub async fn by_id(db: &dyn Db, tenant_id: &str, id: &str) -> Result<Option<Route>, Fault> {
    let sql = "SELECT id, spec FROM routes WHERE tenant_id = ?1 AND id = ?2";
    one(db, Stmt::new(sql, vec![tenant_id.into(), id.into()])).await?.first().map(read).transpose()
}

/// Makes a route; returns its id unless the name is taken.
pub fn insert(tenant_id: &str, id: &str, spec: &RouteSpec, now: Time) -> Stmt {
    Stmt::new(
        "INSERT INTO routes (id, tenant_id, name, spec, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING RETURNING id",
        vec![id.into(), tenant_id.into(), (&spec.name).into(), json_text(spec).into(), now.0.into()],
    )
}

/// Replaces a route unless another has the name; returns its id if it was replaced.
pub fn update(tenant_id: &str, id: &str, spec: &RouteSpec) -> Stmt {
    Stmt::new(
        "UPDATE OR IGNORE routes SET name = ?3, spec = ?4 WHERE tenant_id = ?1 AND id = ?2 RETURNING id",
        vec![tenant_id.into(), id.into(), (&spec.name).into(), json_text(spec).into()],
    )
}

/// Removes a route; returns its id if there was one.
pub fn delete(tenant_id: &str, id: &str) -> Stmt {
    let sql = "DELETE FROM routes WHERE tenant_id = ?1 AND id = ?2 RETURNING id";
    Stmt::new(sql, vec![tenant_id.into(), id.into()])
}

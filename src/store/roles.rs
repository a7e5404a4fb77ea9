//! Roles and plans of a tenant.

use crate::model::role::{Plan, Role};
use crate::ports::{Db, Fault, Row, Stmt};
use crate::store::{Columns, json_text, one};

/// A role from its row.
pub(crate) fn read_role(row: &Row) -> Result<Role, Fault> {
    let row = Columns(row);
    Ok(Role { name: row.text("name")?, rank: row.int("rank")?, scopes: row.json("scopes")? })
}

/// A plan from its row.
pub(crate) fn read_plan(row: &Row) -> Result<Plan, Fault> {
    let row = Columns(row);
    Ok(Plan { name: row.text("name")?, rank: row.int("rank")?, features: row.json("features")? })
}

/// The custom scopes of the row of `users` at hand, a list: its own, and those of its roles and of the roles that rank
/// below them.
pub(crate) const GRANTED: &str = "(
  SELECT json_group_array(DISTINCT value) FROM (
    SELECT value FROM json_each(users.scopes)
    UNION SELECT each.value FROM roles, json_each(roles.scopes) AS each
    WHERE roles.tenant_id = users.tenant_id AND roles.scopes <> '[]' AND roles.rank <= (
      SELECT max(held.rank) FROM roles AS held
      WHERE held.tenant_id = users.tenant_id AND held.name IN (SELECT value FROM json_each(users.roles)))))";

/// Asks for a user's custom scopes.
pub fn granted_to(user_id: &str) -> Stmt {
    Stmt::new(format!("SELECT {GRANTED} AS granted FROM users WHERE id = ?1"), vec![user_id.into()])
}

/// What [`granted_to`] answers.
pub fn read_granted(rows: &[Row]) -> Result<Vec<String>, Fault> {
    rows.first().map_or(Ok(Vec::new()), |row| Columns(row).json("granted"))
}

/// A user's custom scopes.
pub async fn granted(db: &dyn Db, user_id: &str) -> Result<Vec<String>, Fault> {
    read_granted(&one(db, granted_to(user_id)).await?)
}

/// Asks for a tenant's roles, highest first.
pub fn all_roles(tenant_id: &str) -> Stmt {
    Stmt::new(
        "SELECT name, rank, scopes FROM roles WHERE tenant_id = ?1 ORDER BY rank DESC, name",
        vec![tenant_id.into()],
    )
}

/// Asks for a tenant's plans, highest first.
pub fn all_plans(tenant_id: &str) -> Stmt {
    let sql = "SELECT name, rank, features FROM plans WHERE tenant_id = ?1 ORDER BY rank DESC, name";
    Stmt::new(sql, vec![tenant_id.into()])
}

/// A tenant's roles, highest first.
pub async fn roles(db: &dyn Db, tenant_id: &str) -> Result<Vec<Role>, Fault> {
    one(db, all_roles(tenant_id)).await?.iter().map(read_role).collect()
}

/// A tenant's plans, highest first.
pub async fn plans(db: &dyn Db, tenant_id: &str) -> Result<Vec<Plan>, Fault> {
    one(db, all_plans(tenant_id)).await?.iter().map(read_plan).collect()
}

/// Makes a role; returns its name unless it is taken.
pub fn insert_role(tenant_id: &str, role: &Role) -> Stmt {
    Stmt::new(
        "INSERT INTO roles (tenant_id, name, rank, scopes) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING RETURNING name",
        vec![tenant_id.into(), (&role.name).into(), role.rank.into(), json_text(&role.scopes).into()],
    )
}

/// Makes a tenant's first roles if the statement before it in the batch changed anything.
pub fn insert_first(tenant_id: &str, roles: [(&str, i64); 3]) -> Stmt {
    let mut args = vec![tenant_id.into()];
    for (name, rank) in roles {
        args.extend([name.into(), rank.into()]);
    }
    Stmt::new(
        "INSERT INTO roles (tenant_id, name, rank) SELECT ?1, column1, column2
         FROM (VALUES (?2, ?3), (?4, ?5), (?6, ?7)) WHERE changes() > 0",
        args,
    )
}

/// Changes a role's rank and scopes; returns its name if there is one.
pub fn update_role(tenant_id: &str, role: &Role) -> Stmt {
    Stmt::new(
        "UPDATE roles SET rank = ?3, scopes = ?4 WHERE tenant_id = ?1 AND name = ?2 RETURNING name",
        vec![tenant_id.into(), (&role.name).into(), role.rank.into(), json_text(&role.scopes).into()],
    )
}

/// Removes a role; returns its name if there was one.
pub fn delete_role(tenant_id: &str, name: &str) -> Stmt {
    let sql = "DELETE FROM roles WHERE tenant_id = ?1 AND name = ?2 RETURNING name";
    Stmt::new(sql, vec![tenant_id.into(), name.into()])
}

/// Makes a plan; returns its name unless it is taken.
pub fn insert_plan(tenant_id: &str, plan: &Plan) -> Stmt {
    Stmt::new(
        "INSERT INTO plans (tenant_id, name, rank, features) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING RETURNING name",
        vec![tenant_id.into(), (&plan.name).into(), plan.rank.into(), json_text(&plan.features).into()],
    )
}

/// Changes a plan; returns its name if there is one.
pub fn update_plan(tenant_id: &str, plan: &Plan) -> Stmt {
    Stmt::new(
        "UPDATE plans SET rank = ?3, features = ?4 WHERE tenant_id = ?1 AND name = ?2 RETURNING name",
        vec![tenant_id.into(), (&plan.name).into(), plan.rank.into(), json_text(&plan.features).into()],
    )
}

/// Removes a plan; returns its name if there was one.
pub fn delete_plan(tenant_id: &str, name: &str) -> Stmt {
    let sql = "DELETE FROM plans WHERE tenant_id = ?1 AND name = ?2 RETURNING name";
    Stmt::new(sql, vec![tenant_id.into(), name.into()])
}

/// How many users, clients and keys hold a role, so that it is not removed under them.
pub async fn holders(db: &dyn Db, tenant_id: &str, role: &str) -> Result<i64, Fault> {
    let held = |list: &str| format!("EXISTS (SELECT 1 FROM json_each({list}) WHERE value = ?2)");
    let sql = format!(
        "SELECT (SELECT count(*) FROM users WHERE tenant_id = ?1 AND {})
              + (SELECT count(*) FROM clients WHERE tenant_id = ?1 AND {})
              + (SELECT count(*) FROM api_keys WHERE tenant_id = ?1 AND revoked_at IS NULL AND {}) AS n",
        held("users.roles"),
        held("coalesce(json_extract(clients.metadata, '$.roles'), '[]')"),
        held("api_keys.roles")
    );
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), role.into()])).await?;
    rows.first().map_or(Ok(0), |row| Columns(row).int("n"))
}

/// How many users are on a plan.
pub async fn users_on(db: &dyn Db, tenant_id: &str, plan: &str) -> Result<i64, Fault> {
    let sql = "SELECT count(*) AS n FROM users WHERE tenant_id = ?1 AND plan = ?2";
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), plan.into()])).await?;
    rows.first().map_or(Ok(0), |row| Columns(row).int("n"))
}

//! Roles of a tenant.

use crate::model::role::Role;
use crate::model::scope::LONGEST_TOGETHER;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, granted, json_text, one};

/// A role from its row.
pub(crate) fn read_role(row: &Row) -> Result<Role, Fault> {
    let row = Columns(row);
    Ok(Role { name: row.text("name")?, rank: row.int("rank")?, scopes: row.json("scopes")? })
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
pub(crate) fn granted_to(user_id: &str) -> Stmt {
    Stmt::new(format!("SELECT {GRANTED} AS granted FROM users WHERE id = ?1"), vec![user_id.into()])
}

/// What [`granted_to`] answers.
pub(crate) fn read_granted(rows: &[Row]) -> Result<Vec<String>, Fault> {
    rows.first().map_or(Ok(Vec::new()), |row| Columns(row).json("granted"))
}

/// A user's custom scopes.
pub(crate) async fn granted(db: &dyn Database, user_id: &str) -> Result<Vec<String>, Fault> {
    read_granted(&one(db, granted_to(user_id)).await?)
}

/// The roles of a tenant, highest first.
pub(super) const OF_TENANT: &str =
    "SELECT name, rank, scopes FROM roles WHERE tenant_id = {tenant} ORDER BY rank DESC, name";

/// A tenant's roles, highest first.
pub(crate) async fn roles(db: &dyn Database, tenant_id: &str) -> Result<Vec<Role>, Fault> {
    one(db, Stmt::new(OF_TENANT.replace("{tenant}", "?1"), vec![tenant_id.into()]))
        .await?
        .iter()
        .map(read_role)
        .collect()
}

/// Makes a role; returns its name unless it is taken, or would make somebody's scopes too long.
pub(crate) fn insert_role(tenant_id: &str, role: &Role) -> Stmt {
    let (args, fits) = granted::fits_role(tenant_id, role, LONGEST_TOGETHER);
    let sql = format!(
        "INSERT INTO roles (tenant_id, name, rank, scopes) SELECT ?1, ?2, ?3, ?4 WHERE {fits}
         ON CONFLICT DO NOTHING RETURNING name"
    );
    Stmt::new(sql, args)
}

/// Makes a tenant's first roles.
pub(crate) fn insert_first(tenant_id: &str, roles: [(&str, i64); 3]) -> Stmt {
    let mut args = vec![tenant_id.into()];
    for (name, rank) in roles {
        args.extend([name.into(), rank.into()]);
    }
    Stmt::new(
        "INSERT INTO roles (tenant_id, name, rank) SELECT ?1, column1, column2
         FROM (VALUES (?2, ?3), (?4, ?5), (?6, ?7)) WHERE EXISTS (SELECT 1 FROM tenants WHERE id = ?1)",
        args,
    )
}

/// Changes a role's rank and scopes, if they still are as they were read and nobody's scopes get too long; returns its
/// name if so.
pub(crate) fn update_role(tenant_id: &str, was: &Role, role: &Role) -> Stmt {
    let (mut args, fits) = granted::fits_role(tenant_id, role, LONGEST_TOGETHER);
    args.extend([was.rank.into(), json_text(&was.scopes).into()]);
    let sql = format!(
        "UPDATE roles SET rank = ?3, scopes = ?4
         WHERE tenant_id = ?1 AND name = ?2 AND rank = ?6 AND scopes = ?7 AND {fits} RETURNING name"
    );
    Stmt::new(sql, args)
}

/// Whether anybody has the role `?2` of the tenant `?1`: users, clients and keys that hold it, whoever registers, by the
/// settings, and whoever signs in with an identity provider that gives it. A route that asks for it lets nobody pass once it is gone.
const IN_USE: &str = "(EXISTS (SELECT 1 FROM user_roles WHERE user_roles.tenant_id = ?1 AND user_roles.role = ?2)
  OR EXISTS (SELECT 1 FROM clients, json_each(coalesce(json_extract(clients.metadata, '$.roles'), '[]')) AS held
             WHERE clients.tenant_id = ?1 AND held.value = ?2)
  OR EXISTS (SELECT 1 FROM api_keys, json_each(api_keys.roles) AS held
             WHERE api_keys.tenant_id = ?1 AND api_keys.revoked_at IS NULL AND held.value = ?2)
  OR EXISTS (SELECT 1 FROM tenants, json_each(coalesce(json_extract(tenants.settings, '$.defaultRoles'), '[]')) AS given
             WHERE tenants.id = ?1 AND given.value = ?2)
  OR EXISTS (SELECT 1 FROM identity_providers,
                    json_each(coalesce(json_extract(identity_providers.spec, '$.roleMap.map'), '{}')) AS given
             WHERE identity_providers.tenant_id = ?1 AND given.value = ?2))";

/// Removes a role that nobody has; returns its name if it did.
pub(crate) fn delete_role(tenant_id: &str, name: &str) -> Stmt {
    let sql = format!("DELETE FROM roles WHERE tenant_id = ?1 AND name = ?2 AND NOT {IN_USE} RETURNING name");
    Stmt::new(sql, vec![tenant_id.into(), name.into()])
}

/// Whether a tenant has a role of that name.
pub(crate) async fn exists(db: &dyn Database, tenant_id: &str, name: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 AS n FROM roles WHERE tenant_id = ?1 AND name = ?2";
    Ok(!one(db, Stmt::new(sql, vec![tenant_id.into(), name.into()])).await?.is_empty())
}

/// Whether a tenant has all the roles of a list, both SQL expressions.
pub(crate) fn has_all(tenant: &str, roles: &str) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM json_each({roles}) AS wanted
                     WHERE wanted.value NOT IN (SELECT name FROM roles WHERE roles.tenant_id = {tenant}))"
    )
}

//! How long a person's scopes are together: those that everybody has, their own, and those of their roles and of the roles
//! below. What makes them longer than they may be is not written.

use crate::model::role::Role;
use crate::model::scope::Scopes;
use crate::ports::{Arg, Database, Fault, Stmt};
use crate::store::{Columns, json_text, one};

/// The roles of a tenant as they are.
const NOW: &str = "roles";

/// The length for lists of roles and of scopes, where the tenant's roles stand in that table. All are SQL expressions.
fn length(tenant: &str, roles: &str, scopes: &str, table: &str) -> String {
    let everybody = Scopes::of_person(&[]).list().len();
    format!(
        "({everybody} + coalesce((SELECT sum(length(value) + 1) FROM (
            SELECT value FROM json_each({scopes})
            UNION SELECT one.value FROM {table} AS granting, json_each(granting.scopes) AS one
            WHERE granting.tenant_id = {tenant} AND granting.rank <= (
              SELECT max(held.rank) FROM {table} AS held
              WHERE held.tenant_id = {tenant} AND held.name IN (SELECT value FROM json_each({roles}))))), 0))"
    )
}

/// Whether the row of `users` may have these roles and scopes: they are not longer than `most`, or than before.
pub(super) fn fits_user(roles: &str, scopes: &str, most: usize) -> String {
    let next = length("users.tenant_id", roles, scopes, NOW);
    let now = length("users.tenant_id", "users.roles", "users.scopes", NOW);
    format!("{next} <= max({most}, {now})")
}

/// Whether somebody new of a tenant may have these roles and scopes.
pub(super) fn fits_new(tenant: &str, roles: &str, scopes: &str, most: usize) -> String {
    format!("{} <= {most}", length(tenant, roles, scopes, NOW))
}

/// The tenant's roles once one is as it is to be: `?1` the tenant, `?2` its name, `?3` its rank, `?4` its scopes.
const NEXT: &str = "(SELECT tenant_id, name, rank, scopes FROM roles WHERE tenant_id = ?1 AND name <> ?2
                     UNION ALL SELECT ?1, ?2, ?3, ?4)";

/// Roles and scopes that people of the tenant `?1` have, or get when they register.
const PEOPLE: &str = "(SELECT users.roles, users.scopes FROM users
                         WHERE users.id IN (SELECT user_id FROM user_roles WHERE user_roles.tenant_id = ?1)
                       UNION SELECT coalesce(json_extract(tenants.settings, '$.defaultRoles'), '[]'), '[]'
                       FROM tenants WHERE tenants.id = ?1)";

/// The longest that the scopes of somebody would be who gets more by a role, if it is longer than `?5`.
fn longest() -> String {
    let next = length("?1", "people.roles", "people.scopes", NEXT);
    let now = length("?1", "people.roles", "people.scopes", NOW);
    format!(
        "(SELECT max(length) FROM (SELECT {next} AS length, {now} AS before FROM {PEOPLE} AS people)
          WHERE length > max(?5, before))"
    )
}

fn of_role(tenant_id: &str, role: &Role, most: usize) -> Vec<Arg> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    vec![tenant_id.into(), (&role.name).into(), role.rank.into(), json_text(&role.scopes).into(), most.into()]
}

/// The arguments `?1` to `?5` of a statement that writes a role, and the condition that it makes nobody's scopes too long.
pub(super) fn fits_role(tenant_id: &str, role: &Role, most: usize) -> (Vec<Arg>, String) {
    (of_role(tenant_id, role, most), format!("{} IS NULL", longest()))
}

/// How long the scopes of somebody would be whom a role makes have too long ones; `None` if there is nobody.
pub(crate) async fn too_long_by_role(
    db: &dyn Database,
    tenant_id: &str,
    role: &Role,
    most: usize,
) -> Result<Option<i64>, Fault> {
    let stmt = Stmt::new(format!("SELECT {} AS n", longest()), of_role(tenant_id, role, most));
    one(db, stmt).await?.first().map_or(Ok(None), |row| Columns(row).maybe_int("n"))
}

/// How long the scopes of one with these roles and scopes are.
pub(crate) async fn length_of(
    db: &dyn Database,
    tenant_id: &str,
    roles: &[String],
    scopes: &[String],
) -> Result<i64, Fault> {
    let sql = format!("SELECT {} AS n", length("?1", "?2", "?3", NOW));
    let args = vec![tenant_id.into(), json_text(&roles).into(), json_text(&scopes).into()];
    one(db, Stmt::new(sql, args)).await?.first().map_or(Ok(0), |row| Columns(row).int("n"))
}

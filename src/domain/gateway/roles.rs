//! Roles, as administrators write them.

use crate::cx::Cx;
use crate::domain::assertion_limits;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{CHANGED, Error, Problems, Refusal, invalid};
use crate::domain::session::delegation;
use crate::domain::session::principal::Admin;
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::model::role::{ADMIN, Role, is_name};
use crate::store;

/// The tenant's roles, highest first.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant) -> Result<Vec<Role>, Error> {
    Ok(store::roles::roles(cx.db.as_ref(), &tenant.id).await?)
}

/// Makes a role.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::Conflict`] for a taken name; as [`delegation::may_rank`].
pub(crate) async fn create(cx: &Cx, admin: &Admin, role: Role) -> Result<Role, Error> {
    put(cx, admin, role, None).await
}

/// Changes the rank of a role, and its scopes if they are given.
///
/// # Errors
/// As [`create`]; [`Refusal::NotFound`]; [`Refusal::Conflict`] for one that is changed at the same moment.
pub(crate) async fn change(
    cx: &Cx,
    admin: &Admin,
    name: String,
    rank: i64,
    scopes: Option<Vec<String>>,
) -> Result<Role, Error> {
    let was = list(cx, &admin.tenant).await?.into_iter().find(|role| role.name == name);
    let was = was.ok_or(Refusal::NotFound)?;
    let scopes = scopes.unwrap_or_else(|| was.scopes.clone());
    put(cx, admin, Role { name, rank, scopes }, Some(&was)).await
}

async fn put(cx: &Cx, admin: &Admin, mut role: Role, was: Option<&Role>) -> Result<Role, Error> {
    let tenant = &admin.tenant;
    let mut wrong = Problems::default();
    wrong.gather(check_name("name", &role.name))?;
    wrong.gather(check_rank(role.rank))?;
    role.scopes = wrong.gather(delegation::custom_scopes(role.scopes))?.unwrap_or_default();
    wrong.none()?;
    delegation::may_rank(cx, admin, &role, was).await?;
    assertion_limits::check_role(cx, tenant, &role).await?;
    let stmt = match was {
        None => store::roles::insert_role(&tenant.id, &role),
        Some(was) => store::roles::update_role(&tenant.id, was, &role),
    };
    let said = format!("rank {} {}", role.rank, role.scopes.join(" "));
    let entry = Entry::ok("role.changed").by(admin.actor()).on(&role.name).saying(said.trim_end());
    let mut change = Change::new(cx, &tenant.id, entry);
    // What people may do is remembered with their credentials, and so forgotten with the tenant.
    change.take(stmt).invalidates(Invalidation::Tenant(&tenant.id));
    if change.commit().await?.is_none() {
        assertion_limits::check_role(cx, tenant, &role).await?;
        let there = store::roles::exists(cx.db.as_ref(), &tenant.id, &role.name).await?;
        return Err(match (was, there) {
            (None, _) => Refusal::Conflict("a role has that name").into(),
            (Some(_), true) => CHANGED.into(),
            (Some(_), false) => Refusal::NotFound.into(),
        });
    }
    Ok(role)
}

/// Removes a role that nobody has.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for `ADMIN`, or one that is held or given to everybody.
pub(crate) async fn delete(cx: &Cx, tenant: &Tenant, actor: &str, name: &str) -> Result<(), Error> {
    if name == ADMIN {
        return Err(Refusal::Conflict("ADMIN cannot be removed").into());
    }
    let mut change = Change::new(cx, &tenant.id, Entry::ok("role.deleted").by(actor).on(name));
    change.take(store::roles::delete_role(&tenant.id, name)).invalidates(Invalidation::Tenant(&tenant.id));
    if change.commit().await?.is_none() {
        return Err(match store::roles::exists(cx.db.as_ref(), &tenant.id, name).await? {
            true => {
                Refusal::Conflict("users, clients or API keys hold the role, or the settings give it").into()
            }
            false => Refusal::NotFound.into(),
        });
    }
    Ok(())
}

/// Checks the rank of a role or plan.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn check_rank(rank: i64) -> Result<(), Error> {
    let within = (-1_000_000..=1_000_000).contains(&rank);
    if within { Ok(()) } else { Err(invalid("rank", "-1000000 to 1000000")) }
}

/// Checks what names a route, a role, a plan or a feature.
///
/// # Errors
/// [`Refusal::Invalid`] on that field.
pub(crate) fn check_name(field: &'static str, name: &str) -> Result<(), Error> {
    if is_name(name) { Ok(()) } else { Err(invalid(field, "1 to 64 of letters, digits, _ - . and :")) }
}

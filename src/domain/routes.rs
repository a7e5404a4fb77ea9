//! Gateway routes, roles and plans, as administrators write them.

use std::rc::Rc;

use url::Url;

use crate::cx::Cx;
use crate::domain::assertion_limits::{self, AUDIENCE};
use crate::domain::audit::{self, Entry};
use crate::domain::delegation;
use crate::domain::ourselves;
use crate::domain::principal::Admin;
use crate::domain::refusal::{Error, Refusal, invalid, invalid_uri};
use crate::domain::tenants::Tenant;
use crate::model::host::canonical;
use crate::model::path::Path;
use crate::model::role::{ADMIN, Plan, Role, is_name};
use crate::model::route::{ASSERTION_HEADER, METHODS, Route, RouteSpec, RouteTable};
use crate::model::scope::is_scope;
use crate::ports::{Fault, Stmt};
use crate::store::{self, Listed, Page, json_text};

/// Headers that routing itself needs, or that carry what we strip: no assertion goes there.
const NOT_FOR_ASSERTIONS: [&str; 12] = [
    "host",
    "cookie",
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "x-api-key",
    "expect",
    "keep-alive",
];

/// The tenant's table, remembered for seconds.
pub async fn table(cx: &Cx, tenant_id: &str) -> Result<Rc<RouteTable>, Fault> {
    if let Some(known) = cx.cache.routes.get(tenant_id, cx.now) {
        return Ok(known);
    }
    let table = Rc::new(store::routes::table(cx.db.as_ref(), tenant_id).await?);
    cx.cache.routes.put(tenant_id.to_owned(), table.clone(), cx.now, cx.remember_until());
    Ok(table)
}

/// A page of the tenant's routes.
pub async fn list(cx: &Cx, tenant: &Tenant, page: &Page) -> Result<Listed<Route>, Error> {
    Ok(store::routes::list(cx.db.as_ref(), &tenant.id, page).await?)
}

/// A route of the tenant.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn find(cx: &Cx, tenant: &Tenant, id: &str) -> Result<Route, Error> {
    Ok(store::routes::by_id(cx.db.as_ref(), &tenant.id, id).await?.ok_or(Refusal::NotFound)?)
}

/// Makes a route.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::Conflict`] for a taken name.
pub async fn create(cx: &Cx, tenant: &Tenant, actor: &str, spec: RouteSpec) -> Result<Route, Error> {
    let spec = checked(cx, tenant, spec).await?;
    let id = cx.id();
    write(
        cx,
        tenant,
        store::routes::insert(&tenant.id, &id, &spec, cx.now),
        Taken::Route,
        Entry::ok("route.created").by(actor).on(&spec.name),
    )
    .await?;
    Ok(Route { id, spec, by_method: false })
}

/// Replaces a route.
///
/// # Errors
/// As [`create`]; [`Refusal::NotFound`].
pub async fn replace(
    cx: &Cx,
    tenant: &Tenant,
    actor: &str,
    id: &str,
    spec: RouteSpec,
) -> Result<Route, Error> {
    find(cx, tenant, id).await?;
    let spec = checked(cx, tenant, spec).await?;
    write(
        cx,
        tenant,
        store::routes::update(&tenant.id, id, &spec),
        Taken::Route,
        Entry::ok("route.changed").by(actor).on(&spec.name),
    )
    .await?;
    Ok(Route { id: id.to_owned(), spec, by_method: false })
}

/// Removes a route.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn delete(cx: &Cx, tenant: &Tenant, actor: &str, id: &str) -> Result<(), Error> {
    write(
        cx,
        tenant,
        store::routes::delete(&tenant.id, id),
        Taken::Nothing,
        Entry::ok("route.deleted").by(actor).on(id),
    )
    .await
}

/// The tenant's roles, highest first.
pub async fn roles(cx: &Cx, tenant: &Tenant) -> Result<Vec<Role>, Error> {
    Ok(store::roles::roles(cx.db.as_ref(), &tenant.id).await?)
}

/// The tenant's plans, highest first.
pub async fn plans(cx: &Cx, tenant: &Tenant) -> Result<Vec<Plan>, Error> {
    Ok(store::roles::plans(cx.db.as_ref(), &tenant.id).await?)
}

/// Makes a role.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::Conflict`] for a taken name; as [`delegation::may_rank`].
pub async fn create_role(cx: &Cx, admin: &Admin, role: Role) -> Result<Role, Error> {
    put_role(cx, admin, role, None).await
}

/// Changes the rank of a role, and its scopes if they are given.
///
/// # Errors
/// As [`create_role`]; [`Refusal::NotFound`].
pub async fn change_role(
    cx: &Cx,
    admin: &Admin,
    name: String,
    rank: i64,
    scopes: Option<Vec<String>>,
) -> Result<Role, Error> {
    let was = roles(cx, &admin.tenant).await?.into_iter().find(|role| role.name == name);
    let was = was.ok_or(Refusal::NotFound)?;
    let scopes = scopes.unwrap_or_else(|| was.scopes.clone());
    put_role(cx, admin, Role { name, rank, scopes }, Some(&was)).await
}

async fn put_role(cx: &Cx, admin: &Admin, mut role: Role, was: Option<&Role>) -> Result<Role, Error> {
    let tenant = &admin.tenant;
    named("name", &role.name)?;
    ranked(role.rank)?;
    role.scopes = delegation::custom_scopes(role.scopes)?;
    delegation::may_rank(cx, admin, &role, was).await?;
    let (stmt, taken) = match was {
        None => (store::roles::insert_role(&tenant.id, &role), Taken::Role),
        Some(_) => (store::roles::update_role(&tenant.id, &role), Taken::Nothing),
    };
    let said = format!("rank {} {}", role.rank, role.scopes.join(" "));
    let entry = Entry::ok("role.changed").by(admin.actor()).on(&role.name).saying(said.trim_end());
    write(cx, tenant, stmt, taken, entry).await?;
    // What people may do is remembered with their credentials.
    cx.cache.credentials.clear();
    Ok(role)
}

/// Removes a role that nobody holds.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for `ADMIN` or a held one.
pub async fn delete_role(cx: &Cx, tenant: &Tenant, actor: &str, name: &str) -> Result<(), Error> {
    if name == ADMIN {
        return Err(Refusal::Conflict("ADMIN cannot be removed").into());
    }
    if store::roles::holders(cx.db.as_ref(), &tenant.id, name).await? > 0 {
        return Err(Refusal::Conflict("users, clients or API keys hold the role").into());
    }
    write(
        cx,
        tenant,
        store::roles::delete_role(&tenant.id, name),
        Taken::Nothing,
        Entry::ok("role.deleted").by(actor).on(name),
    )
    .await
}

/// Makes a plan, or changes one.
///
/// # Errors
/// As [`create_role`].
pub async fn put_plan(cx: &Cx, tenant: &Tenant, actor: &str, plan: &Plan, new: bool) -> Result<(), Error> {
    named("name", &plan.name)?;
    ranked(plan.rank)?;
    if plan.features.len() > 200 || !plan.features.iter().all(|feature| is_name(feature)) {
        return Err(invalid("features", "at most 200 names of letters, digits, _ - . and :"));
    }
    assertion_limits::check_features(cx, tenant, plan)?;
    let (stmt, taken) = if new {
        (store::roles::insert_plan(&tenant.id, plan), Taken::Plan)
    } else {
        (store::roles::update_plan(&tenant.id, plan), Taken::Nothing)
    };
    write(cx, tenant, stmt, taken, Entry::ok("plan.changed").by(actor).on(&plan.name)).await
}

/// Removes a plan that nobody is on.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for one that users are on.
pub async fn delete_plan(cx: &Cx, tenant: &Tenant, actor: &str, name: &str) -> Result<(), Error> {
    if store::roles::users_on(cx.db.as_ref(), &tenant.id, name).await? > 0 {
        return Err(Refusal::Conflict("users are on the plan").into());
    }
    write(
        cx,
        tenant,
        store::roles::delete_plan(&tenant.id, name),
        Taken::Nothing,
        Entry::ok("plan.deleted").by(actor).on(name),
    )
    .await
}

/// What a write that did nothing means.
enum Taken {
    Route,
    Role,
    Plan,
    Nothing,
}

async fn write(cx: &Cx, tenant: &Tenant, stmt: Stmt, taken: Taken, entry: Entry) -> Result<(), Error> {
    let done = audit::change(cx, &tenant.id, stmt, entry).await?;
    cx.cache.forget_tenant(&tenant.id);
    match (done, taken) {
        (true, _) => Ok(()),
        (false, Taken::Route) => Err(Refusal::Conflict("a route has that name").into()),
        (false, Taken::Role) => Err(Refusal::Conflict("a role has that name").into()),
        (false, Taken::Plan) => Err(Refusal::Conflict("a plan has that name").into()),
        (false, Taken::Nothing) => Err(Refusal::NotFound.into()),
    }
}

fn named(field: &'static str, name: &str) -> Result<(), Error> {
    if is_name(name) { Ok(()) } else { Err(invalid(field, "1 to 64 of letters, digits, _ - . and :")) }
}

fn ranked(rank: i64) -> Result<(), Error> {
    if (-1_000_000..=1_000_000).contains(&rank) {
        Ok(())
    } else {
        Err(invalid("rank", "-1000000 to 1000000"))
    }
}

/// A spec whose every member makes sense, with host and methods in their one spelling.
async fn checked(cx: &Cx, tenant: &Tenant, mut spec: RouteSpec) -> Result<RouteSpec, Error> {
    named("name", &spec.name)?;
    let path = Path::parse(&spec.path)
        .ok_or_else(|| invalid("path", "a path that starts with /, without // . .. or ;"))?;
    spec.path = path.as_str().to_owned();
    if let Some(host) = &spec.host {
        // `Url` would encode a name outside ASCII.
        let url = Url::parse(&format!("http://{host}/")).ok().filter(|_| host.is_ascii());
        let bare = url.filter(|url| url.path() == "/" && url.username().is_empty() && url.query().is_none());
        let shown =
            bare.ok_or_else(|| invalid_uri("host", host, "a host name, with its port if it has one"))?;
        let port = shown.port().map(|port| format!(":{port}")).unwrap_or_default();
        spec.host = Some(canonical(&format!("{}{port}", shown.host_str().unwrap_or_default())).into_owned());
    }
    if let Some(methods) = &mut spec.methods {
        methods.iter_mut().for_each(|method| method.make_ascii_uppercase());
        if methods.is_empty() || !methods.iter().all(|method| METHODS.contains(&method.as_str())) {
            return Err(invalid("methods", format!("one or more of {}", METHODS.join(", "))));
        }
    }
    check_origin(cx, &spec.origin).await?;
    // What JSON escapes is longer there.
    let audience = json_text(&spec.audience()).len() - 2;
    if !(1..=AUDIENCE).contains(&audience) {
        return Err(invalid("audience", format!("1 to {AUDIENCE} bytes, as JSON writes it")));
    }
    if spec.credentials.is_empty() {
        return Err(invalid("credentials", "one or more of bearer, cookie, apiKey"));
    }
    if !spec.scopes.iter().all(|scope| is_scope(scope)) {
        return Err(invalid("scopes", "read, write, webhooks:manage or resource:action"));
    }
    if let Some(feature) = &spec.feature {
        named("feature", feature)?;
    }
    if spec.mfa.as_deref().is_some_and(|mfa| mfa != "required") {
        return Err(invalid("mfa", "required, or absent"));
    }
    if !(1..=600).contains(&spec.timeout_seconds) {
        return Err(invalid("timeoutSeconds", "1 to 600"));
    }
    if let Some(limit) = spec.rate_limit
        && !((1..=1_000_000).contains(&limit.requests) && (1..=86_400).contains(&limit.window_seconds))
    {
        return Err(invalid("rateLimit", "requests 1 to 1000000 in windowSeconds 1 to 86400"));
    }
    let header = spec.header.to_ascii_lowercase();
    let token = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if header.is_empty()
        || header.len() > 100
        || !header.bytes().all(token)
        || NOT_FOR_ASSERTIONS.contains(&header.as_str())
    {
        return Err(invalid(
            "header",
            format!("a header name of its own, as {ASSERTION_HEADER}, or Authorization"),
        ));
    }
    let known_roles = store::roles::roles(cx.db.as_ref(), &tenant.id).await?;
    if let Some(unknown) =
        spec.roles.iter().find(|role| !known_roles.iter().any(|known| known.name == **role))
    {
        return Err(invalid("roles", format!("{unknown:?} is no role of this tenant")));
    }
    if let Some(wanted) = &spec.minimum_plan {
        let known = store::roles::plans(cx.db.as_ref(), &tenant.id).await?;
        if !known.iter().any(|plan| plan.name == *wanted) {
            return Err(invalid("minimumPlan", format!("{wanted:?} is no plan of this tenant")));
        }
    }
    Ok(spec)
}

async fn check_origin(cx: &Cx, origin: &str) -> Result<(), Error> {
    let bad = |detail: &str| invalid("origin", detail);
    // `Url` would encode a name outside ASCII.
    let authority = origin.split_once("://").and_then(|(_, rest)| rest.split(['/', '\\', '?', '#']).next());
    let url = Url::parse(origin).ok().filter(|_| authority.is_none_or(str::is_ascii));
    let url = url.ok_or_else(|| invalid_uri("origin", origin, "a URL, as https://app.internal:8443"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return Err(bad("http or https, without credentials"));
    }
    if url.query().is_some() || url.fragment().is_some() || Path::parse(url.path()).is_none() {
        return Err(bad("without query and fragment, its path without // . .. or ;"));
    }
    if ourselves::is_own(cx, &url).await? {
        return Err(bad("another than this deployment's own and its tenants' hosts"));
    }
    Ok(())
}

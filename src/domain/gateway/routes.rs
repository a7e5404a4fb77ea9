//! Gateway routes, as administrators write them. Whom a route lets pass is a matter of who may give that.

use std::rc::Rc;

use url::Url;

use crate::cx::Cx;
use crate::domain::assertion_limits::AUDIENCE;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::gateway::roles::check_name;
use crate::domain::gateway::{plans, relay};
use crate::domain::outbound::ourselves;
use crate::domain::refusal::{CHANGED, Error, Problems, Refusal, invalid, invalid_uri};
use crate::domain::session::delegation;
use crate::domain::session::principal::Admin;
use crate::domain::tenants::{self, Tenant};
use crate::memo::Invalidation;
use crate::model::host::canonical;
use crate::model::path::Path;
use crate::model::route::{ASSERTION_HEADER, Accepts, Auth, METHODS, Route, RouteSpec, RouteTable};
use crate::model::scope::is_scope;
use crate::ports::{Fault, Stmt};
use crate::store::{self, Listed, Page, json_text};

/// Headers that routing itself needs, or that carry what we strip: no assertion goes there.
const NOT_FOR_ASSERTIONS: [&str; 13] = [
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
    "dpop",
    "expect",
    "keep-alive",
];

/// The tenant's table.
pub(crate) async fn table(cx: &Cx, tenant_id: &str) -> Result<Rc<RouteTable>, Fault> {
    let tenancy = tenants::tenancy_of(cx, tenant_id).await?;
    tenancy.map_or_else(|| Ok(Rc::default()), |tenancy| tenancy.routes.clone())
}

/// A page of the tenant's routes.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant, page: &Page) -> Result<Listed<Route>, Error> {
    Ok(store::routes::list(cx.db.as_ref(), &tenant.id, page).await?)
}

/// A route of the tenant.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn find(cx: &Cx, tenant: &Tenant, id: &str) -> Result<Route, Error> {
    Ok(store::routes::by_id(cx.db.as_ref(), &tenant.id, id).await?.ok_or(Refusal::NotFound)?)
}

/// Makes a route.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::Conflict`] for a taken name; as [`delegation::may_give`] for the scopes and roles
/// that it asks for.
pub(crate) async fn create(cx: &Cx, admin: &Admin, spec: RouteSpec) -> Result<Route, Error> {
    let tenant = &admin.tenant;
    let spec = check(cx, tenant, spec).await?;
    delegation::may_give(cx, admin, &spec.scopes, &spec.roles).await?;
    let id = cx.id();
    let entry = Entry::ok("route.created").by(admin.actor()).on(&spec.name);
    let insert = store::routes::insert(&tenant.id, &id, &spec, cx.now);
    if !write(cx, tenant, insert, entry).await? {
        return Err(not_written(cx, tenant, &spec).await?);
    }
    Ok(Route { id, spec, by_method: false })
}

/// Replaces a route.
///
/// # Errors
/// As [`create`], for the scopes and roles that it asks for from now on, or no more; [`Refusal::NotFound`].
pub(crate) async fn replace(cx: &Cx, admin: &Admin, id: &str, spec: RouteSpec) -> Result<Route, Error> {
    let tenant = &admin.tenant;
    let was = find(cx, tenant, id).await?;
    let spec = check(cx, tenant, spec).await?;
    let (scopes, roles) = (unlike(&was.spec.scopes, &spec.scopes), unlike(&was.spec.roles, &spec.roles));
    delegation::may_give(cx, admin, &scopes, &roles).await?;
    let entry = Entry::ok("route.changed").by(admin.actor()).on(&spec.name);
    if !write(cx, tenant, store::routes::update(&tenant.id, &was, &spec), entry).await? {
        let now = find(cx, tenant, id).await?;
        if now.spec.scopes != was.spec.scopes || now.spec.roles != was.spec.roles {
            return Err(CHANGED.into());
        }
        return Err(not_written(cx, tenant, &spec).await?);
    }
    Ok(Route { id: id.to_owned(), spec, by_method: false })
}

/// Removes a route.
///
/// # Errors
/// [`Refusal::NotFound`]; as [`delegation::may_give`].
pub(crate) async fn delete(cx: &Cx, admin: &Admin, id: &str) -> Result<(), Error> {
    let tenant = &admin.tenant;
    let was = find(cx, tenant, id).await?;
    delegation::may_give(cx, admin, &was.spec.scopes, &was.spec.roles).await?;
    let entry = Entry::ok("route.deleted").by(admin.actor()).on(id);
    if !write(cx, tenant, store::routes::delete(&tenant.id, &was), entry).await? {
        find(cx, tenant, id).await?;
        return Err(CHANGED.into());
    }
    Ok(())
}

/// What only one of two lists has: whom a route lets pass changes by that.
fn unlike(one: &[String], other: &[String]) -> Vec<String> {
    let lacking = |some: &[String], all: &[String]| -> Vec<String> {
        some.iter().filter(|item| !all.contains(item)).cloned().collect()
    };
    [lacking(one, other), lacking(other, one)].concat()
}

async fn write(cx: &Cx, tenant: &Tenant, stmt: Stmt, entry: Entry) -> Result<bool, Fault> {
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(stmt).invalidates(Invalidation::Routes(&tenant.id));
    Ok(change.commit().await?.is_some())
}

/// Why a route was not written: what it asks for went meanwhile, or its name is taken.
async fn not_written(cx: &Cx, tenant: &Tenant, spec: &RouteSpec) -> Result<Error, Error> {
    check_names(cx, tenant, spec).await?;
    Ok(Refusal::Conflict("a route has that name").into())
}

/// A spec whose every member makes sense, with host and methods in their one spelling.
async fn check(cx: &Cx, tenant: &Tenant, mut spec: RouteSpec) -> Result<RouteSpec, Error> {
    let mut wrong = Problems::default();
    wrong.gather(check_name("name", &spec.name))?;
    match Path::parse(&spec.path) {
        Some(path) => spec.path = path.as_str().to_owned(),
        None => wrong.add("path", "a path that starts with /, without // . .. or ;"),
    }
    if let Some(host) = &spec.host {
        // `Url` would encode a name outside ASCII.
        let url = Url::parse(&format!("http://{host}/")).ok().filter(|_| host.is_ascii());
        let bare = url.filter(|url| url.path() == "/" && url.username().is_empty() && url.query().is_none());
        let rule = "a host name, with its port if it has one";
        let shown = wrong.gather(bare.ok_or_else(|| invalid_uri("host", host, rule)))?;
        if let Some(url) = shown {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            spec.host =
                Some(canonical(&format!("{}{port}", url.host_str().unwrap_or_default())).into_owned());
        }
    }
    if let Some(methods) = &mut spec.methods {
        methods.iter_mut().for_each(|method| method.make_ascii_uppercase());
        if methods.is_empty() || !methods.iter().all(|method| METHODS.contains(&method.as_str())) {
            wrong.add("methods", format!("one or more of {}", METHODS.join(", ")));
        }
    }
    wrong.gather(check_origin(cx, &spec.origin).await)?;
    // What JSON escapes is longer there.
    let audience = json_text(&spec.audience()).len() - 2;
    if !(1..=AUDIENCE).contains(&audience) {
        wrong.add("audience", format!("1 to {AUDIENCE} bytes, as JSON writes it"));
    }
    if spec.mcp {
        wrong.gather(check_mcp(&mut spec))?;
    }
    if spec.credentials.is_empty() {
        wrong.add("credentials", "one or more of bearer, cookie, apiKey");
    }
    if spec.dpop && (spec.auth == Auth::None || !spec.credentials.contains(&Accepts::Bearer)) {
        let rule = "with auth required or optional, and bearer among the credentials";
        wrong.add("dpop", rule);
    }
    if !spec.scopes.iter().all(|scope| is_scope(scope)) {
        wrong.add("scopes", "read, write, webhooks:manage or resource:action");
    }
    if let Some(feature) = &spec.feature {
        wrong.gather(check_name("feature", feature))?;
    }
    if spec.mfa.as_deref().is_some_and(|mfa| mfa != "required") {
        wrong.add("mfa", "required, or absent");
    }
    if !(1..=600).contains(&spec.timeout_seconds) {
        wrong.add("timeoutSeconds", "1 to 600");
    }
    if let Some(limit) = spec.rate_limit
        && !((1..=1_000_000).contains(&limit.requests) && (1..=86_400).contains(&limit.window_seconds))
    {
        wrong.add("rateLimit", "requests 1 to 1000000 in windowSeconds 1 to 86400");
    }
    let header = spec.header.to_ascii_lowercase();
    let token = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if header.is_empty()
        || header.len() > 100
        || !header.bytes().all(token)
        || NOT_FOR_ASSERTIONS.contains(&header.as_str())
    {
        wrong.add("header", format!("a header name of its own, as {ASSERTION_HEADER}, or Authorization"));
    }
    wrong.none()?;
    relay::check(cx, tenant, &mut spec).await?;
    check_names(cx, tenant, &spec).await?;
    Ok(spec)
}

/// A route of an MCP server asks for tokens that are for it, which no cookie is. It takes no keys either unless it says so.
fn check_mcp(spec: &mut RouteSpec) -> Result<(), Error> {
    if spec.auth != Auth::Required {
        return Err(invalid("auth", "required, with mcp"));
    }
    if spec.credentials == RouteSpec::all_credentials() {
        spec.credentials = vec![Accepts::Bearer];
    }
    if spec.credentials.contains(&Accepts::Cookie) {
        return Err(invalid("credentials", "bearer, apiKey, or both, with mcp"));
    }
    // It is part of an identifier that clients compare as a string, and of header fields.
    if !spec.path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'.' | b'_' | b'~'))
    {
        return Err(invalid("path", "letters, digits, - . _ ~ and /, with mcp"));
    }
    Ok(())
}

/// Checks that the tenant has the roles and the plan that a route asks for.
async fn check_names(cx: &Cx, tenant: &Tenant, spec: &RouteSpec) -> Result<(), Error> {
    let known_roles = store::roles::roles(cx.db.as_ref(), &tenant.id).await?;
    if let Some(unknown) =
        spec.roles.iter().find(|role| !known_roles.iter().any(|known| known.name == **role))
    {
        return Err(invalid("roles", format!("{unknown:?} is no role of this tenant")));
    }
    if let Some(wanted) = &spec.minimum_plan
        && !plans::is_known(cx, tenant, wanted).await?
    {
        return Err(invalid("minimumPlan", format!("{wanted:?} is no plan of this tenant")));
    }
    Ok(())
}

async fn check_origin(cx: &Cx, origin: &str) -> Result<(), Error> {
    let bad = |detail: &str| invalid("origin", detail);
    // `Url` would encode a name outside ASCII.
    let authority = origin.split_once("://").and_then(|(_, rest)| rest.split(['/', '\\', '?', '#']).next());
    let url = Url::parse(origin).ok().filter(|_| authority.is_none_or(str::is_ascii));
    let rule = if origin.contains("xn--") {
        "with a host name whose labels in xn-- are valid Punycode (RFC 5891)"
    } else {
        "a URL, as https://app.internal:8443"
    };
    let url = url.ok_or_else(|| invalid_uri("origin", origin, rule))?;
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

//! Routes of MCP servers as protected resources (RFC 9728, the authorization part of the Model Context Protocol): how
//! they are named, what they tell callers without a token that they accept, and what clients that no administrator made
//! may ask for.

use crate::cx::Cx;
use crate::domain::gateway::routes;
use crate::domain::refusal::{Challenge, Error, Refusal, Unfit};
use crate::domain::session::credential::Credential;
use crate::domain::tenants::{ResolvedTenant, Tenant, issuer_of_address};
use crate::model::path::Path;
use crate::model::route::Route;

/// Where the metadata of protected resources is (RFC 9728 §3): before the path of the resource.
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// What a protected resource says of itself (RFC 9728 §2).
pub(crate) struct ProtectedResource {
    pub(crate) resource: String,
    /// What people call it.
    pub(crate) name: String,
    /// The scopes that its callers need.
    pub(crate) scopes: Vec<String>,
}

/// The protected resource whose metadata a path is the address of, if it is one's.
///
/// # Errors
/// Of the database alone.
pub(crate) async fn described_at(
    cx: &Cx,
    resolved: &ResolvedTenant,
    host: &str,
    path: &str,
) -> Result<Option<ProtectedResource>, Error> {
    let Some(behind) = path.strip_prefix(WELL_KNOWN) else { return Ok(None) };
    let Some(path) = Path::parse(if behind.is_empty() { "/" } else { behind }) else { return Ok(None) };
    let table = routes::table(cx, &resolved.tenant.id).await?;
    let at = issuer_of_address(cx, host, None);
    let found = table.mcp_at(host, &path).and_then(|route| {
        // Asked at another host, it would be told of a resource that is not there (RFC 9728 §3.3).
        if route.spec.base(&resolved.tenant.origin) != at {
            return None;
        }
        let resource = route.spec.resource(&resolved.tenant.origin)?;
        Some(ProtectedResource { resource, name: route.spec.name.clone(), scopes: scopes(route) })
    });
    Ok(found)
}

/// The scopes that a route's callers need. That a client keeps its access is between it and the authorization server.
fn scopes(route: &Route) -> Vec<String> {
    route.spec.scopes.iter().filter(|scope| *scope != "offline_access").cloned().collect()
}

/// Whether a caller's token is for the protected resource that a route is (RFC 8707 §2): for nothing else does one let
/// pass there.
pub(crate) fn is_for_route(caller: &Credential, tenant: &Tenant, route: &Route) -> bool {
    match route.spec.resource(&tenant.origin) {
        Some(resource) => {
            // With a slash behind it, it is the same address to clients that write URLs so.
            caller.is_for(&resource) || caller.is_for(&format!("{resource}/"))
        }
        None => caller.is_for(&caller.tenant.issuer) || caller.is_for(route.spec.audience()),
    }
}

/// A refusal as a protected resource says it: with where its metadata is, and all scopes at once (RFC 9728 §5.1, RFC
/// 6750 §3).
pub(crate) fn challenge(tenant: &Tenant, route: &Route, refusal: Refusal) -> Refusal {
    let why = match &refusal {
        Refusal::NoCredential | Refusal::ProofNeeded => Unfit::Missing,
        Refusal::BadCredential => Unfit::Bad,
        Refusal::ScopeMissing(_) => Unfit::TooLittle,
        _ => return refusal,
    };
    if !route.spec.mcp {
        return refusal;
    }
    let (base, path) = (route.spec.base(&tenant.origin), route.spec.path.trim_end_matches('/'));
    let metadata = format!("{base}{WELL_KNOWN}{path}");
    Refusal::Challenged(Challenge { why, dpop: route.spec.dpop, metadata, scopes: scopes(route) })
}

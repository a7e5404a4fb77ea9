//! What clients that no administrator made may ask for beyond what they are registered for: to be let pass at the routes
//! of MCP servers, each with the scopes that it needs. Their users agree to both.
//!
//! Such a scope counts for tokens alone that are for resources which offer it: at the issuer, and at other routes, it may
//! allow something else.

use crate::domain::tenants::Tenant;
use crate::model::route::RouteSpec;
use crate::model::scope::{OPENID, is_custom};
use crate::store::clients::{Client, Offer};

/// Notes which resources are MCP servers, and adds what their routes offer to a client that no administrator made.
pub(super) fn add(client: &mut Client, tenant: &Tenant, routes: &[RouteSpec]) {
    let resources = routes.iter().filter_map(|route| route.resource(&tenant.origin));
    client.mcp_resources = resources.flat_map(both_spellings).collect();
    if client.registration_hash.is_none() {
        return;
    }
    let own: Vec<String> = client.metadata.scope.split_ascii_whitespace().map(str::to_owned).collect();
    for route in routes {
        let Some(resource) = route.resource(&tenant.origin) else { continue };
        let scopes: Vec<String> =
            route.scopes.iter().filter(|scope| is_offered(scope) && !own.contains(scope)).cloned().collect();
        for scope in &scopes {
            if !client.metadata.scope.split(' ').any(|known| known == scope) {
                client.metadata.scope.push(' ');
                client.metadata.scope.push_str(scope);
            }
        }
        for resource in both_spellings(resource) {
            client.metadata.resources.push(resource.clone());
            client.offers.push(Offer { resource, scopes: scopes.clone() });
        }
    }
}

/// Clients write the same address with a slash behind it, and without.
fn both_spellings(resource: String) -> [String; 2] {
    let other = match resource.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{resource}/"),
    };
    [resource, other]
}

/// Scopes for a resource's own use; those that let somebody make keys or clients are for our API.
fn is_offered(scope: &str) -> bool {
    !OPENID.contains(&scope) && (matches!(scope, "read" | "write") || is_custom(scope))
}

/// What of these scopes tokens for these resources may have.
pub(crate) fn fitting(client: &Client, scopes: Vec<String>, resources: &[String]) -> Vec<String> {
    let is_offered = |scope: &String| client.offers.iter().any(|offer| offer.scopes.contains(scope));
    let goes_with = |scope: &String, resource: &String| {
        client.offers.iter().any(|offer| offer.resource == *resource && offer.scopes.contains(scope))
    };
    let fits = |scope: &String| {
        !is_offered(scope)
            || (!resources.is_empty() && resources.iter().all(|resource| goes_with(scope, resource)))
    };
    scopes.into_iter().filter(fits).collect()
}

//! `/.well-known/oauth-protected-resource{path}`: the metadata of an MCP server's route (RFC 9728 §3).

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::gateway::resources;
use crate::domain::refusal::Error;
use crate::http::request::Call;
use crate::http::response::Response;

/// RFC 9728 §2.
#[derive(Serialize)]
struct Metadata<'a> {
    authorization_servers: [&'a str; 1],
    bearer_methods_supported: [&'a str; 1],
    resource: String,
    resource_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<String>,
}

/// The document, if the path is the address of one; and what a browser asks before a script gets it, which sends fields of
/// its own (`MCP-Protocol-Version`).
pub(super) async fn answer(cx: &Cx, call: &Call<'_>) -> Result<Option<Response>, Error> {
    let request = call.request;
    if !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS") {
        return Ok(None);
    }
    let Some(found) = resources::described_at(cx, &call.resolved, &request.host, &request.path).await? else {
        return Ok(None);
    };
    if request.method == "OPTIONS" {
        let response = Response::empty(204)
            .with("access-control-allow-methods", "GET, HEAD")
            .with("access-control-allow-headers", "*")
            .with("access-control-max-age", "600");
        return Ok(Some(response.with("access-control-allow-origin", "*")));
    }
    let metadata = Metadata {
        authorization_servers: [&call.resolved.tenant.issuer],
        bearer_methods_supported: ["header"],
        resource: found.resource,
        resource_name: found.name,
        scopes_supported: found.scopes,
    };
    let response = Response::json(200, &metadata).with("cache-control", "public, max-age=300");
    Ok(Some(response.with("access-control-allow-origin", "*")))
}

//! What a client's authorization requests must bring so that a code is of no use to who intercepts or injects it (RFC 9700
//! §2.1.1): PKCE (RFC 7636), or for a client that authenticates an OpenID Connect `nonce`.

use crate::model::client::Metadata;
use crate::oidc::pkce::CodeProtection;
use crate::store::clients::Client;

/// Whether a client is an agent in a request for these resources. Such are programs that describe themselves in a document,
/// whose URL is their id (Client ID Metadata Documents), and those whose tokens are for an MCP server: the resource is one
/// that the request names, or that an administrator registered the client for. A client that registered itself may name
/// each server, and is an agent where it does.
pub(crate) fn is_agent(client: &Client, asked: &[&str]) -> bool {
    let is_mcp = |resource: &str| client.mcp_resources.iter().any(|known| known == resource);
    let vouched_for = client.registration_hash.is_none();
    client.document.is_some()
        || asked.iter().any(|resource| is_mcp(resource))
        || (vouched_for && client.metadata.resources.iter().any(|resource| is_mcp(resource)))
}

/// What a request must bring. An administrator may require PKCE of a client that authenticates, or do without, but not for
/// public clients and agents.
pub fn required(metadata: &Metadata, is_agent: bool) -> CodeProtection {
    if is_agent {
        return CodeProtection::Pkce;
    }
    match metadata.effective_require_pkce() {
        Some(true) => CodeProtection::Pkce,
        Some(false) => CodeProtection::None,
        None => CodeProtection::PkceOrNonce,
    }
}

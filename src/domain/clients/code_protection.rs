//! What a client's authorization requests must bring so that a code is of no use to who intercepts or injects it (RFC 9700
//! §2.1.1): PKCE (RFC 7636), or for a client that authenticates an OpenID Connect `nonce`.

use crate::model::client::Metadata;
use crate::oidc::pkce::CodeProtection;

/// Whether a client is an agent: a program that describes itself in a document, whose URL is its id (Client ID Metadata
/// Documents). Nobody here has vouched for it, and its users meet it for the first time.
pub fn is_agent(client_id: &str) -> bool {
    client_id.starts_with("https://")
}

/// What a request of the client must bring. An administrator may require PKCE of a client that authenticates, or do
/// without, but not for public clients and agents.
pub fn required(client_id: &str, metadata: &Metadata) -> CodeProtection {
    if is_agent(client_id) {
        return CodeProtection::Pkce;
    }
    match metadata.effective_require_pkce() {
        Some(true) => CodeProtection::Pkce,
        Some(false) => CodeProtection::None,
        None => CodeProtection::PkceOrNonce,
    }
}

//! The OAuth surface.

mod acme;
mod authorize;
mod backchannel;
mod client_auth;
mod client_keys;
mod client_names;
mod clients;
mod device;
mod either_way;
mod issuer_changes;
mod issuers;
mod jwks;
mod jwks_uri;
mod logout;
mod malleability;
mod mcp_clients;
mod narrowing;
mod one_browser;
mod pkce;
mod private_key_jwt;
mod register;
mod released_claims;
mod rs256;
mod strangers;
mod token_exchange;
mod unused_clients;

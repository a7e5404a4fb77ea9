//! What the standards ask of a server: each requirement that applies is a test, named by its section.

mod counts;
mod discovery;
mod oidc_core;
mod oidc_request;
mod oidc_tokens;
mod profiles;
mod rfc6749_authorize;
mod rfc6749_clients;
mod rfc6749_security;
mod rfc6749_token;
mod rfc7009;
mod rfc7636;
mod rfc7662;
mod rfc9126;
mod rfc9207;
mod states;
mod step_up;
mod table;

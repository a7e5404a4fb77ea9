//! The OAuth surface.

mod authorize;
mod client_auth;
mod jwks;

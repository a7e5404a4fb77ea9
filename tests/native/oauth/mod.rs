//! The OAuth surface.

mod client_auth;
mod jwks;

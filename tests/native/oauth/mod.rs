//! The OAuth surface.

mod authorize;
mod backchannel;
mod client_auth;
mod clients;
mod jwks;

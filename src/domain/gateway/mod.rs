//! The gateway: which route a request is for, who may take it, and what is sent to the origin.
//!
//! `forward` plans one request; `routes` is the table that it is planned by; `relay` sends what the caller connected in
//! the vault; `origins` says whose scripts may call, `resources` what MCP servers' routes are to OAuth clients.

pub mod forward;
pub(crate) mod incoming;
pub(crate) mod origins;
pub(crate) mod outgoing;
pub(crate) mod plans;
mod relay;
pub(crate) mod resources;
pub(crate) mod roles;
pub(crate) mod routes;

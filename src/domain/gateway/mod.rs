//! The gateway: which route a request is for, who may take it, and what is sent to the origin.
//!
//! `forward` plans one request; `routes` is the table that it is planned by; `origins` says whose scripts may call.

pub mod forward;
pub mod incoming;
pub mod origins;
pub mod ourselves;
pub mod outgoing;
pub mod plans;
pub mod roles;
pub mod routes;

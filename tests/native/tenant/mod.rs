//! The tenant API.

mod audit;
mod clients;
mod keys;
mod plans;
mod roles;
mod routes;
mod settings;
mod tenants;
mod users;

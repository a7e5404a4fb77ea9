//! Rules: the use cases, the same for every surface. No HTTP, no SQL text, no JSON shapes.

pub mod api_keys;
pub mod audit;
pub mod client_auth;
pub mod client_rules;
pub mod clients;
pub mod counter;
pub mod credential;
pub mod forward;
pub mod keys;
pub mod login;
pub mod mailing;
pub mod passwords;
pub mod principal;
pub mod refresh;
pub mod refusal;
pub mod register;
pub mod routes;
pub mod sessions;
pub mod setup;
pub mod sweep;
pub mod tenants;
pub mod throttle;
pub mod users;

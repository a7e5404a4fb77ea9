//! The gateway: every path that no surface owns.

mod addresses;
mod assertion;
mod assertion_size;
mod cookies;
mod credentials;
mod csrf;
mod dpop;
mod headers;
mod hosts;
mod limits;
mod loops;
mod matching;
mod mcp;
mod methods;
mod path;
mod refusals;
pub mod relay;
mod relay_choice;
mod relay_near;
mod rules;
mod sign_in;

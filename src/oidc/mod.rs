//! Protocol: what tokens say. Pure; the RFC's section at the head of each file.

pub mod access_token;
pub(crate) mod assertion;
pub mod client_assertion;
pub(crate) mod discovery;
pub(crate) mod dpop;
pub mod error;
pub(crate) mod id_token;
pub(crate) mod introspection;
pub(crate) mod logout_token;
pub(crate) mod params;
pub mod pkce;
pub(crate) mod request;
pub(crate) mod token_exchange;
pub mod user_code;

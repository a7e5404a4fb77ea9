//! Protocol: what tokens say. Pure; the RFC's section at the head of each file.

pub mod access_token;
pub mod assertion;
pub mod client_assertion;
pub mod discovery;
pub mod error;
pub mod id_token;
pub mod logout_token;
pub mod params;
pub mod pkce;
pub mod request;
pub mod token_exchange;
pub mod user_code;

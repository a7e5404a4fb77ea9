//! What is signed, hashed and sealed: thin over the chosen crates.

pub mod api_key;
pub(crate) mod embedded_key;
pub mod foreign;
pub mod imported;
pub(crate) mod jwk;
pub mod jws;
pub mod password;
pub(crate) mod public_key;
pub mod seal;
pub mod secret;
mod signed;
pub mod totp;
pub mod webauthn;
pub(crate) mod work;
mod workspace;
pub(crate) mod xml_signature;

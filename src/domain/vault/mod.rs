//! The connection vault: what people let apps and agents do for them at other services.
//!
//! [`catalogue`] has the services that the product knows, [`registry`] those that people of a tenant can connect and
//! [`manage`] what administrators say of them. [`keys`] keeps keys that people stored; [`connections`] shows what is
//! connected. Whoever is handed a token or key is a [`reader::VaultReader`]. All of it is sealed by [`sealing`].

pub mod catalogue;
pub(crate) mod connections;
pub(crate) mod keys;
pub(crate) mod manage;
mod permission;
mod problems;
pub mod reader;
pub(crate) mod registry;
mod rules;
mod sealing;
pub(crate) mod search_keys;
mod secrets;

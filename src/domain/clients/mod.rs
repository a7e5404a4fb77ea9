//! OAuth clients: how they are registered, what their metadata may say, and how they prove who they are.
//!
//! `registry` finds and changes them, `description` reads what is said of them and `rules` checks it (RFC 7591 §2),
//! `registration` lets them register themselves (RFC 7591, RFC 7592), `documents` reads what they say of themselves at the
//! URL that is their id, `authentication` is how they authenticate (RFC 6749 §2.3, RFC 7523), and `code_protection` is
//! what their requests must bring against stolen codes (RFC 9700 §2.1.1).

pub mod authentication;
mod client_keys;
pub mod code_protection;
pub(crate) mod description;
pub(crate) mod documents;
mod new_clients;
pub(crate) mod offers;
mod redirect_uris;
pub(crate) mod registration;
mod registry;
pub mod rules;

pub use self::registry::{Client, Made, create, delete, new_secret};
pub(crate) use self::registry::{
    by_client_id, by_id, create_by_admin, find, is_redirect_uri, list, new_secret_by_admin, remove_unused,
    replace_by_admin,
};
pub(crate) use self::registry::{new, replace_checked, store};

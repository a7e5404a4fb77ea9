//! OAuth clients: how they are registered, what their metadata may say, and how they prove who they are.
//!
//! `registry` finds and changes them, `rules` checks what they say of themselves (RFC 7591 §2), `registration` lets them
//! register themselves (RFC 7591, RFC 7592), `authentication` is how they authenticate (RFC 6749 §2.3, RFC 7523).

pub mod authentication;
pub mod registration;
mod registry;
pub mod rules;

pub use self::registry::{
    Client, ClientById, Made, by_id, create, create_by_admin, delete, find, list, new_secret,
    new_secret_by_admin, remove_unused, replace, replace_by_admin,
};
pub(crate) use self::registry::{new, replace_checked, store};

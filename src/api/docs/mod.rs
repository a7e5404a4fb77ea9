//! The OpenAPI document, made of the route tables, the types that requests are read into, and the surfaces'
//! own wording of refusals. Not part of the Worker, which serves the file that a test keeps current.
//!
//! Each surface has a `docs.rs` with one [`Operation`] for each of its rows.

mod chapter;
mod common;
mod document;
mod operation;
mod schema;

pub(crate) use self::chapter::Chapter;
pub use self::document::{differences, document};
pub(crate) use self::operation::{
    Operation, conflict, limited, op, reauthentication, sso_required, token_refusals,
};
pub(crate) use self::schema::{Named, answer, lean_answer, like, whole_answer};

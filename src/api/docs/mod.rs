//! The OpenAPI document, made of the route tables, the types that requests are read into, and the surfaces'
//! own wording of refusals. Not part of the Worker, which serves the file that a test keeps current.
//!
//! Each surface has a `docs.rs` with one [`Operation`] for each of its rows.

mod common;
mod document;
mod operation;
mod schema;

use serde_json::Value;

use crate::api::{account, connections, oauth, pages, session, system, tenant};

pub use self::document::{differences, document};
pub use self::operation::{Operation, conflict, limited, op, reauthentication};
pub use self::schema::{Named, answer, lean_answer, like, whole_answer};

/// What there is to say about a surface that its table does not.
pub struct Chapter {
    /// The surface's name.
    pub surface: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// The shape of its refusals.
    pub failure: Named,
    /// Its rows.
    pub operations: Vec<Operation>,
}

/// All surfaces, in the order of the table.
fn chapters() -> Vec<Chapter> {
    vec![
        session::docs::chapter(),
        account::docs::chapter(),
        connections::docs::chapter(),
        tenant::docs::chapter(),
        oauth::docs::chapter(),
        pages::docs::chapter(),
        system::docs::chapter(),
    ]
}

/// A schema of plain text, as pages are.
fn text() -> Value {
    serde_json::json!({ "type": "string" })
}

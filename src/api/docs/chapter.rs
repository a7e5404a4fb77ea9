//! What there is to say about a surface that its table does not.

use crate::api::docs::operation::Operation;
use crate::api::docs::schema::Named;

/// What there is to say about a surface that its table does not.
pub struct Chapter {
    /// The surface's name.
    pub(crate) surface: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
    /// The shape of its refusals.
    pub(crate) failure: Named,
    /// Its rows.
    pub(crate) operations: Vec<Operation>,
}

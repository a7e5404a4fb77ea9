//! What is wrong with a description of a provider, gathered so that all of it is told at once.

use crate::domain::refusal::{Error, Problem, Refusal};
use crate::model::reason::Reason;

/// What is wrong with a description, so far.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, field: &'static str, reason: impl Into<Reason>) {
        self.0.push(Problem { field, reason: reason.into() });
    }

    /// # Errors
    /// [`Refusal::Invalid`] if anything is wrong.
    pub(super) fn none(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.0).into()) }
    }
}

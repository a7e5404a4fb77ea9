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

    /// The text, which must not be missing; empty if it is.
    pub(super) fn need(&mut self, field: &'static str, value: Option<String>) -> String {
        let text = value.filter(|text| !text.trim().is_empty()).unwrap_or_default();
        if text.is_empty() {
            self.add(field, Reason::Missing);
        }
        text
    }

    /// # Errors
    /// [`Refusal::Invalid`] if anything is wrong.
    pub(super) fn none(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.0).into()) }
    }
}

/// Whether it is a line of text.
pub(super) fn is_text(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

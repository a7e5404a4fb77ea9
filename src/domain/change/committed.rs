//! What a change answers once it is written.

use crate::ports::{Fault, Row, Rows};

/// What a committed change answers.
pub(crate) struct Committed {
    pub(super) asked: Vec<Rows>,
    /// What was answered when it was written; none if that answer was lost.
    pub(super) answered: Option<Answered>,
}

/// What a change answers when it is written.
pub(super) struct Answered {
    pub(super) taken: Vec<Rows>,
    pub(super) followers: Vec<Option<Committed>>,
}

impl Committed {
    fn answered(&self) -> Result<&Answered, Fault> {
        let lost = || Fault::unanswered("change", "it was written, and the answer was lost");
        self.answered.as_ref().ok_or_else(lost)
    }

    /// The row that the last taken statement returned.
    ///
    /// # Errors
    /// [`Fault`] if nobody knows any more.
    pub(crate) fn row(&self) -> Result<Option<&Row>, Fault> {
        Ok(self.answered()?.taken.last().and_then(|rows| rows.first()))
    }

    /// What each statement of [`Change::ask`] returned.
    pub(crate) fn answers(&self) -> &[Rows] {
        &self.asked
    }

    /// What the only statement of [`Change::ask`] returned.
    pub(crate) fn answer(&self) -> &[Row] {
        self.asked.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether all that was put behind it with [`Change::followed_by`] was done as well.
    ///
    /// # Errors
    /// [`Fault`] if nobody knows any more.
    pub(crate) fn was_followed(&self) -> Result<bool, Fault> {
        Ok(self.answered()?.followers.iter().all(Option::is_some))
    }
}

//! A change that the feed tells of.

use crate::model::time::Time;

/// One change: of what kind, of which row, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Its place among all.
    pub(crate) seq: i64,
    /// What changed: `user`, `session` and so on.
    pub(crate) kind: String,
    pub(crate) id: String,
    /// When it was made, by the database's clock.
    pub(crate) at: Time,
}

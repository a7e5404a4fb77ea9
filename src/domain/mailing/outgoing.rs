//! A mail that is written but not sent yet.

use crate::ports::Stmt;

/// A mail that is written but not sent yet.
#[must_use]
pub(crate) struct Outgoing {
    /// What puts it into the queue: goes into the batch of the event that it tells of.
    pub(crate) stmts: Vec<Stmt>,
    pub(crate) id: String,
}

impl Outgoing {
    /// One that is in the queue already.
    pub(crate) fn queued(id: &str) -> Outgoing {
        Outgoing { stmts: Vec::new(), id: id.to_owned() }
    }
}

//! A request body that has not been read yet.

use futures_util::future::LocalBoxFuture;

use crate::ports::Fault;

/// How reading a body went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// All of it.
    Whole(Vec<u8>),
    /// There is more than was to be read.
    TooLong,
    /// The connection ended before the body did.
    CutShort,
}

/// A body that has not been read.
pub trait Body {
    /// Reads at most `limit` bytes.
    fn read(&self, limit: usize) -> LocalBoxFuture<'_, Result<Read, Fault>>;
}

/// A body in memory.
impl Body for Vec<u8> {
    fn read(&self, limit: usize) -> LocalBoxFuture<'_, Result<Read, Fault>> {
        Box::pin(
            async move { Ok(if self.len() <= limit { Read::Whole(self.clone()) } else { Read::TooLong }) },
        )
    }
}

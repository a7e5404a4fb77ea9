//! The part of a request that decides where it goes.

use crate::model::headers::Headers;

/// The part of a request that decides.
pub(crate) struct Incoming<'a> {
    pub(crate) method: &'a str,
    /// The host, with its port if it is not the scheme's own.
    pub(crate) host: &'a str,
    /// The path as it came.
    pub(crate) path: &'a str,
    /// The query with its `?`, or nothing.
    pub(crate) query: &'a str,
    /// The header fields.
    pub(crate) headers: &'a Headers,
}

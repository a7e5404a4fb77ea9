//! The part of a request that decides where it goes.

use crate::model::headers::Headers;

/// The part of a request that decides.
pub struct Incoming<'a> {
    /// The method.
    pub method: &'a str,
    /// The host, with its port if it is not the scheme's own.
    pub host: &'a str,
    /// The path as it came.
    pub path: &'a str,
    /// The query with its `?`, or nothing.
    pub query: &'a str,
    /// The header fields.
    pub headers: &'a Headers,
}

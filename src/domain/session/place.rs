//! Where a session is used from: its user is told in the log when that is somewhere new.

use crate::crypto::secret::{base64url, sha256};
use crate::cx::Cx;

/// Where a caller is, and with what: eight characters, of which a session remembers four places.
pub(crate) fn place(cx: &Cx) -> String {
    short_hash(&format!("{}\n{}", cx.address_bucket(), cx.caller.user_agent), 6)
}

/// The first so many bytes of a text's hash.
pub(crate) fn short_hash(text: &str, bytes: usize) -> String {
    base64url(sha256(text.as_bytes()).get(..bytes).unwrap_or_default())
}

//! The form of an API key: `{prefix}_{id}_{secret}` with a checksum, so that one that was mistyped is refused unasked.

use crate::crypto::secret::{can_be_secret, checksum};

/// The id within a key whose checksum is right.
pub fn parse_key(key: &str) -> Option<&str> {
    if !can_be_secret(key) || !key.is_ascii() {
        return None;
    }
    let (start, sum) = key.split_at_checked(key.len().checked_sub(6)?)?;
    let (front, _secret) = start.rsplit_once('_')?;
    let (_prefix, id) = front.rsplit_once('_')?;
    (checksum(start) == sum).then_some(id)
}

//! What the forms of a page say, so that the browser which was shown it is known again: made of a secret that it holds
//! in a cookie. No other site can read the one, or have the other sent.

use crate::crypto::secret::{same, stored};

/// What a form says, for a browser with this secret.
pub(crate) fn of(secret: &str) -> String {
    stored(&format!("form/{secret}"))
}

/// Whether a form said it.
pub(crate) fn is_of(secret: &str, said: &str) -> bool {
    same(of(secret).as_bytes(), said.as_bytes())
}

//! The beginning of a sign-in with a provider: what comes after it, and how recent the sign-in there has to be.

use serde::{Deserialize, Serialize};

/// What comes after a sign-in with a provider. It goes through the provider sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Onward {
    /// A path of ours, or a client's redirect URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) return_to: Option<String>,
    /// The client's authorization request that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<String>,
    /// The languages that the page's address asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ui_locales: Option<String>,
    /// Whether the answer is JSON with tokens, and not a page with a cookie.
    #[serde(default)]
    pub(crate) to_program: bool,
}

/// How recent the sign-in at the provider has to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Demand {
    /// That the person signs in anew (`prompt=login`).
    #[serde(default)]
    pub(crate) anew: bool,
    /// That they choose who to be (`prompt=select_account`).
    #[serde(default)]
    pub(crate) choose: bool,
    /// That they signed in at most so many seconds ago (`max_age`).
    #[serde(default)]
    pub(crate) max_age: Option<i64>,
}

impl Demand {
    /// Whether anything is demanded.
    pub(crate) fn any(self) -> bool {
        self.anew || self.max_age.is_some()
    }
}

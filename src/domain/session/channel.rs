//! What a session is held by: a program, with tokens, or a browser, with a cookie.

/// What a session is to be held by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel<'a> {
    /// A program, with tokens.
    Api,
    /// A browser, with a cookie.
    Browser {
        /// The cookie that makes it a trusted one, if it sent that.
        device: Option<&'a str>,
        /// The cookie of the session that it holds, if it sent one.
        session: Option<&'a str>,
    },
}

impl Channel<'_> {
    /// Whether it is a browser.
    pub(crate) fn is_browser(self) -> bool {
        matches!(self, Channel::Browser { .. })
    }
}

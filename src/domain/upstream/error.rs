//! What went wrong with another server, by whose fault it was. Nothing in here is from a token, a body or a secret.

use crate::domain::refusal::{self, Federation, Refusal};
use crate::ports::Fault;
use crate::ports::http::{Unanswered, Why};

/// The longest error code that is repeated.
const LONGEST_CODE: usize = 64;

/// Why a server did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It said no, by this error code.
    Declined(String),
    /// What it answered breaks its protocol: how, and where.
    Failed(String),
    /// It was not reached, or not in time.
    Late,
    /// It asks to be asked again later (RFC 9110 §10.2.3).
    Busy {
        /// In so many seconds.
        seconds: i64,
    },
    /// What is said to be from it is not, or is not for us, or not for now: the rule that it breaks.
    Forged(&'static str),
    /// It was not its fault.
    Ours(refusal::Error),
}

impl Error {
    /// What it answered breaks its protocol.
    pub(crate) fn failed(why: impl Into<String>) -> Error {
        Error::Failed(why.into())
    }

    /// It said no, by a code that anybody may have written.
    pub(crate) fn declined(code: &str) -> Error {
        Error::Declined(error_code(code).to_owned())
    }

    /// The refusal of a sign-in, with the provider's name as people are shown it.
    pub(crate) fn into_refusal(self, provider: &str) -> refusal::Error {
        let provider = provider.to_owned();
        let why = match self {
            Error::Declined(error) => Federation::Declined { provider, error },
            Error::Failed(why) => Federation::Failed { provider, why },
            Error::Late | Error::Busy { .. } => Federation::Late { provider },
            Error::Forged(rule) => Federation::Forged(rule),
            Error::Ours(error) => return error,
        };
        Refusal::Federation(why).into()
    }
}

/// An error code as it may be shown and logged: codes are words (RFC 6749 §4.1.2.1, §5.2), or short numbers as Microsoft's
/// `AADSTS50011`. What is none, as a sentence that somebody would like us to say or the token that was sent, is not repeated.
fn error_code(code: &str) -> &str {
    let is_word = code.len() <= LONGEST_CODE && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let is_number = code.len() <= 16 && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if !code.is_empty() && (is_word || is_number) { code } else { "unknown_error" }
}

impl From<Unanswered> for Error {
    fn from(unanswered: Unanswered) -> Error {
        match unanswered.why {
            Why::Unreachable | Why::TooSlow(_) | Why::Unresolved => Error::Late,
            Why::Broken(_) => Error::Ours(Fault::from(unanswered).into()),
            _ => Error::Failed(unanswered.to_string()),
        }
    }
}

impl From<refusal::Error> for Error {
    fn from(error: refusal::Error) -> Error {
        Error::Ours(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        Error::Ours(fault.into())
    }
}

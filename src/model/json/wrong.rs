//! What is wrong with a value that cannot be read.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

/// What was expected, and where. It never says what was met: that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    what: String,
    /// From the value that was read, as `user.roles[0]`; empty for that value itself.
    place: String,
}

impl Wrong {
    #[cold]
    fn new(what: String) -> Wrong {
        Wrong(Box::new(Parts { what, place: String::new() }))
    }

    /// `what` was expected.
    #[cold]
    pub(super) fn expected(what: &str) -> Wrong {
        Wrong::new(format!("expected {what}"))
    }

    /// One of these was expected.
    #[cold]
    pub(super) fn expected_one_of(names: &[&str]) -> Wrong {
        Wrong::new(format!("expected {}", choice(names)))
    }

    /// The same, seen from the object that has it in this member.
    #[cold]
    pub(super) fn in_member(mut self, name: &str) -> Wrong {
        let dot = if self.0.place.is_empty() || self.0.place.starts_with('[') { "" } else { "." };
        self.0.place = format!("{name}{dot}{}", self.0.place);
        self
    }

    /// The same, seen from the list that has it there.
    #[cold]
    pub(super) fn in_item(self, at: usize) -> Wrong {
        self.in_member(&format!("[{at}]"))
    }

    /// Where, as `user.roles[0]`; empty for the value itself.
    pub fn place(&self) -> &str {
        &self.0.place
    }
}

fn choice(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.len() > 1 { format!("one of {}", quoted.join(", ")) } else { quoted.concat() }
}

impl fmt::Display for Wrong {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0.what)?;
        if self.0.place.is_empty() { Ok(()) } else { write!(to, " at `{}`", self.0.place) }
    }
}

impl std::error::Error for Wrong {}

/// Where text is broken, or that a member comes twice: [`parse`](super::parse) expects nothing else of a value, so
/// none is quoted.
impl From<serde_json::Error> for Wrong {
    fn from(broken: serde_json::Error) -> Wrong {
        Wrong::new(broken.to_string())
    }
}

// What serde would say quotes what was met, so each of these says it anew.
impl Error for Wrong {
    fn custom<T: fmt::Display>(_: T) -> Wrong {
        Wrong::expected("another value")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Wrong {
        Wrong::new(format!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Wrong {
        Wrong::new(format!("expected {expected}"))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Wrong {
        Wrong::new(format!("expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Wrong {
        Wrong::expected_one_of(expected)
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Wrong {
        Wrong::new(format!("unknown field, expected {}", choice(expected)))
    }

    fn missing_field(name: &'static str) -> Wrong {
        Wrong::new(format!("missing field `{name}`"))
    }

    fn duplicate_field(name: &'static str) -> Wrong {
        Wrong::new(format!("duplicate field `{name}`"))
    }
}

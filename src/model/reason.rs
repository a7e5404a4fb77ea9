//! Why what was sent in a field is refused: the true reason, which pages word in each language.

use std::fmt;

/// What is wrong with a field. `Display` is the sentence for developers; people are told in their language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It was not sent, or is empty.
    Missing,
    /// It is not an e-mail address.
    NotAnAddress,
    /// The address is of a domain that may not register here.
    DomainNotAllowed,
    /// The new address is the one before.
    SameAddress,
    /// The password has fewer characters than this.
    PasswordTooShort(usize),
    /// The password has more bytes than this.
    PasswordTooLong(usize),
    /// The password is one of those that are tried first.
    PasswordCommon,
    /// The text has more characters than this.
    TooLong(usize),
    /// The text has a control character, or a line break.
    ControlCharacter,
    /// The text has a character that turns the direction of what stands around it (UAX 9, explicit formatting).
    DirectionOverride,
    /// Nothing of the text can be seen.
    Invisible,
    /// The text has a combining mark without its letter, or too many on one.
    CombiningMarks,
    /// What a browser made of a passkey cannot be taken; the word for it.
    Passkey(&'static str),
    /// A rule for developers, in words.
    Rule(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Missing => to.write_str("is missing"),
            Reason::NotAnAddress => to.write_str("is not an e-mail address"),
            Reason::DomainNotAllowed => to.write_str("is not of a domain that may register here"),
            Reason::SameAddress => to.write_str("is the address already"),
            Reason::PasswordTooShort(shortest) => write!(to, "must be at least {shortest} characters"),
            Reason::PasswordTooLong(longest) => write!(to, "must be at most {longest} bytes"),
            Reason::PasswordCommon => to.write_str("is one of the passwords that are guessed first"),
            Reason::TooLong(most) => write!(to, "must be at most {most} characters"),
            Reason::ControlCharacter => to.write_str("must not have a control character or line break"),
            Reason::DirectionOverride => {
                to.write_str("must not have a character that overrides the direction of text")
            }
            Reason::Invisible => to.write_str("must have a character that can be seen"),
            Reason::CombiningMarks => {
                to.write_str("must not have a combining mark without a letter, or more than 8 on one")
            }
            Reason::Passkey(word) => to.write_str(word),
            Reason::Rule(rule) => to.write_str(rule),
        }
    }
}

impl From<&str> for Reason {
    fn from(rule: &str) -> Reason {
        Reason::Rule(rule.to_owned())
    }
}

impl From<String> for Reason {
    fn from(rule: String) -> Reason {
        Reason::Rule(rule)
    }
}

//! What the letters say: a catalogue for each language, which does not compile while it lacks a letter.

mod de;
mod en;

use crate::domain::mailing::letter::Kind;
use crate::model::language::Language;

/// What is said in a language.
pub(crate) fn said_in(language: Language) -> &'static Catalogue {
    match language {
        Language::English => &en::EN,
        Language::German => &de::DE,
    }
}

/// What a letter says, with `{tenant_name}`, `{minutes}` and `{new_email}` to be filled in.
pub(crate) struct Words {
    /// The subject line.
    pub subject: &'static str,
    /// What it is about.
    pub body: &'static str,
    /// What the button does; the link is beside it in the text.
    pub button: &'static str,
    /// How long it is good, and what to do if it was not you.
    pub note: &'static str,
}

/// One language.
pub(crate) struct Catalogue {
    /// To one whose name is not known.
    pub hello: &'static str,
    /// To `{name}`.
    pub hello_name: &'static str,
    /// Before the code.
    pub code: &'static str,
    /// Before the time of a change.
    pub when: &'static str,
    /// Before the address that it came from.
    pub address: &'static str,
    /// Before the device that it came from.
    pub device: &'static str,
    /// Each letter's own.
    pub words: fn(Kind) -> Words,
}

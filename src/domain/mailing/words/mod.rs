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
    pub(crate) subject: &'static str,
    /// What it is about.
    pub(crate) body: &'static str,
    /// What the button does; the link is beside it in the text.
    pub(crate) button: &'static str,
    /// How long it is good, and what to do if it was not you.
    pub(crate) note: &'static str,
}

/// One language.
pub(crate) struct Catalogue {
    /// To a user whose name is not known.
    pub(crate) hello: &'static str,
    /// To `{name}`.
    pub(crate) hello_name: &'static str,
    /// Before the code.
    pub(crate) code: &'static str,
    /// Before the name of a connected service.
    pub(crate) service: &'static str,
    /// Before the time of a change.
    pub(crate) when: &'static str,
    /// Before the address that it came from.
    pub(crate) address: &'static str,
    /// Before the device that it came from.
    pub(crate) device: &'static str,
    /// Each letter's own.
    pub(crate) words: fn(Kind) -> Words,
}

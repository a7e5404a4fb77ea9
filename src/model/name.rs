//! Names that people give: of users, tenants, clients, passkeys and keys. One rule for all of them, so that what is
//! shown as a name is a line of text that can be seen and does not change what stands beside it.

use unicode_normalization::char::is_combining_mark;

use crate::model::reason::Reason;
use crate::model::text::{composed, is_invisible};

/// Characters of a name, for most of what has one.
pub const LONGEST: usize = 200;

/// Combining marks on one letter. Tibetan and pointed Hebrew have up to five.
const MOST_MARKS: usize = 8;

/// A name of at most `most` characters, in NFC and without spaces around it.
///
/// # Errors
/// [`Reason::Missing`] for an empty one, [`Reason::TooLong`], [`Reason::ControlCharacter`],
/// [`Reason::DirectionOverride`], [`Reason::Invisible`], [`Reason::CombiningMarks`].
pub fn parse(text: &str, most: usize) -> Result<String, Reason> {
    let text = text.trim();
    // Composed it is no longer than four bytes a character; what is far too long is not composed at all.
    if text.len() > 16 * most {
        return Err(Reason::TooLong(most));
    }
    let name = composed(text);
    if name.is_empty() {
        return Err(Reason::Missing);
    }
    if name.chars().count() > most {
        return Err(Reason::TooLong(most));
    }
    // Line and paragraph separators break lines like the control characters.
    if name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(Reason::ControlCharacter);
    }
    if name.chars().any(turns_direction) {
        return Err(Reason::DirectionOverride);
    }
    if name.chars().all(|c| is_invisible(c) || c.is_whitespace() || is_combining_mark(c)) {
        return Err(Reason::Invisible);
    }
    if marks_are_loose(&name) {
        return Err(Reason::CombiningMarks);
    }
    Ok(name.into_owned())
}

/// Embeddings, overrides and isolates (UAX 9 §2), which reach past the name. Plain marks of direction do not.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{206a}'..='\u{206f}')
}

/// Whether a mark stands at the beginning or after a space, or too many stand on one letter.
fn marks_are_loose(name: &str) -> bool {
    let mut on_one = 0_usize;
    let mut letter = false;
    for c in name.chars() {
        if is_combining_mark(c) {
            on_one = on_one.saturating_add(1);
            if !letter || on_one > MOST_MARKS {
                return true;
            }
        } else if !is_invisible(c) {
            (on_one, letter) = (0, !c.is_whitespace());
        }
    }
    false
}

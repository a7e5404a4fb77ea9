//! Names that people give: of users, tenants, clients, passkeys and keys. One rule for all of them, so that what is
//! shown as a name is a line of text that can be seen and does not change what stands beside it.

use unicode_normalization::char::is_combining_mark;

use crate::model::linkable::{find_link, without_links};
use crate::model::reason::Reason;
use crate::model::text::{compose, is_invisible};

/// Characters of a name, for most of what has one.
pub(crate) const LONGEST: usize = 200;

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
    let name = compose(text);
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

/// Whether a name is one for what nobody vouches for, as a client that registered itself. People decide by it, so
/// nothing in it reads as an address, and nothing is hidden in it but what its script or an emoji is written with.
///
/// # Errors
/// [`Reason::Rule`].
pub(crate) fn check_unvouched(name: &str) -> Result<(), Reason> {
    let letters: Vec<char> = name.chars().collect();
    let hidden = letters.iter().enumerate().find(|(at, c)| is_invisible(**c) && !is_joiner(&letters, *at));
    if let Some((_, c)) = hidden {
        let code = u32::from(*c);
        return Err(Reason::Rule(format!("must not have a character that cannot be seen (U+{code:04X})")));
    }
    match find_link(name) {
        Some((_, word)) => Err(Reason::Rule(format!("must not have what reads as an address: {word:?}"))),
        None => Ok(()),
    }
}

/// A name as people are shown it: of what nobody vouches for, without what [`check_unvouched`] refuses.
pub(crate) fn for_display(name: String, is_vouched_for: bool) -> String {
    if is_vouched_for || check_unvouched(&name).is_ok() { name } else { without_links(&name) }
}

/// Whether an invisible character belongs to what stands around it: a joiner between two letters of a script that
/// joins its letters (RFC 5892, appendix A), or between two emoji; a choice of form after one.
fn is_joiner(letters: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied();
    let after = letters.get(at + 1).copied();
    let joins = |c: Option<char>| c.is_some_and(|c| matches!(c, '\u{600}'..='\u{1cff}') && !is_invisible(c));
    let emoji = |c: Option<char>| {
        c.is_some_and(
            |c| matches!(c, '\u{2190}'..='\u{27ff}' | '\u{2900}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}'),
        )
    };
    let after_emoji = emoji(before)
        || (before == Some('\u{fe0f}') && emoji(at.checked_sub(2).and_then(|at| letters.get(at)).copied()));
    match letters.get(at) {
        Some('\u{200c}') => joins(before) && joins(after),
        Some('\u{200d}') => (joins(before) && joins(after)) || (after_emoji && emoji(after)),
        Some('\u{fe0f}') => emoji(before),
        _ => false,
    }
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

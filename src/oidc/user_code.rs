//! User codes (RFC 8628 §6.1): what a person types to say which device is theirs.

use crate::model::text::typed_code;

/// Consonants, so that no code spells a word.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Letters in a code: 20⁸ codes, of which a person can try few in the ten minutes that one is good for.
const LENGTH: usize = 8;

/// A code from random bytes, each letter as likely as any other; `None` if there were too few of use.
pub fn from_random(random: &[u8]) -> Option<String> {
    // 240 is the largest multiple of 20 in a byte.
    let letters = random.iter().filter(|byte| **byte < 240);
    let code: String = letters
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .take(LENGTH)
        .map(|letter| char::from(*letter))
        .collect();
    (code.len() == LENGTH).then_some(code)
}

/// A code as it is shown: `WDJB-MJHT`.
pub fn format(code: &str) -> String {
    match code.split_at_checked(LENGTH / 2) {
        Some((left, right)) => format!("{left}-{right}"),
        None => code.to_owned(),
    }
}

/// What a person typed as the code it is meant to be, as [`typed_code`] reads it. `None` if it can be none.
pub fn parse(text: &str) -> Option<String> {
    let code = typed_code(text).to_ascii_uppercase();
    let fits = code.len() == LENGTH && code.bytes().all(|letter| LETTERS.contains(&letter));
    fits.then_some(code)
}

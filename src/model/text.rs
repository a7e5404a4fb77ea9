//! Text that people type, in the one form that it is compared in (Unicode Standard Annex #15).

use std::borrow::Cow;

use caseless::Caseless as _;
use unicode_normalization::{UnicodeNormalization as _, is_nfc, is_nfd};

/// Characters of a code: many more than any has.
const LONGEST_CODE: usize = 64;

/// The zeros of the decimal digits (general category Nd) that NFKC does not make ASCII; one to nine follow each.
const ZEROS: [u32; 60] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136,
    0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50,
    0x11da0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e950,
];

/// Canonical composition (NFC).
pub(crate) fn compose(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// Canonical decomposition (NFD).
pub(crate) fn decompose(text: &str) -> Cow<'_, str> {
    if is_nfd(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfd().collect()) }
}

/// A space outside ASCII (general category Zs), which stands for an ASCII space (RFC 8265 §4.2.2).
pub(crate) fn is_other_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Hyphens, dashes and minus signs (general category Pd, and what is typed for them).
pub(crate) fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{58a}' | '\u{5be}' | '\u{1806}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{2212}'
                | '\u{2e3a}'
                | '\u{2e3b}'
                | '\u{301c}'
                | '\u{3030}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
    )
}

/// What is not seen: every Default_Ignorable_Code_Point (Unicode Standard, §5.21), among which are zero-width
/// characters, variation selectors, tags and the marks that turn the direction of writing around; anchors of
/// annotations; and the two symbols that are blank. Line and paragraph separators are white space, and signs of
/// category Cf that have a shape, as the Arabic number sign, are seen.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}' | '\u{1160}'
            | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Without what is not seen, so that a text reads as it is compared.
pub fn visible(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).collect()
}

/// A code as a person typed it, in the one spelling that it is compared in: compatibility forms (full-width ones)
/// and digits of other scripts as ASCII, without spaces, dashes and what is invisible, in lower case. Empty for what
/// is far too long.
pub fn typed_code(sent: &str) -> String {
    if sent.chars().nth(4 * LONGEST_CODE).is_some() {
        return String::new();
    }
    let kept = sent.nfkc().filter(|c| !c.is_whitespace() && !is_dash(*c) && !is_invisible(*c));
    kept.map(ascii_digit).flat_map(char::to_lowercase).take(LONGEST_CODE).collect()
}

fn ascii_digit(c: char) -> char {
    let code = u32::from(c);
    let digit = ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10));
    digit.and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

/// Text without regard to compatibility forms and letter case (full case folding), nothing invisible.
pub(crate) fn caseless(text: &str) -> String {
    text.nfkd().default_case_fold().filter(|c| !is_invisible(*c)).nfkc().collect()
}

/// Text as it is searched in: [`caseless`]; accents of Latin, Greek and Cyrillic letters left off, one kind of
/// apostrophe and dash. Turkish dotted and dotless i are one.
pub fn fold(text: &str) -> String {
    let same_case = caseless(text);
    let plain = same_case.nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).map(|c| match c {
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => '\'',
        c if is_dash(c) => '-',
        'ı' => 'i',
        c => c,
    });
    plain.nfc().collect()
}

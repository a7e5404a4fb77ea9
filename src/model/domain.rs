//! Domain names, in the one spelling that they are compared in.

use std::borrow::Cow;
use std::net::Ipv4Addr;

/// What knows Unicode's processing of names (UTS 46): the ASCII form of one, if it has one.
pub type ToAscii<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A name in ASCII (RFC 5891) and lower case: labels of letters, digits and inner hyphens (RFC 1123 §2.1), of
/// at most 63 bytes each and 253 in all.
///
/// Only what takes Unicode to judge is asked of `unicode`; its answer is held to the same rules.
pub fn to_ascii(name: &str, unicode: ToAscii<'_>) -> Option<String> {
    let ascii = match needs_unicode(name) {
        false => Cow::Borrowed(name),
        true => Cow::Owned(asked(name, unicode)?),
    };
    idna::domain_to_ascii_strict(&ascii).ok()
}

/// Whether a name says something that takes Unicode to judge: it is outside ASCII, or a label of it is encoded
/// (RFC 5890 §2.3.2.1).
pub fn needs_unicode(name: &str) -> bool {
    let encoded = |label: &[u8]| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"xn--"));
    !name.is_ascii() || name.as_bytes().split(|b| *b == b'.').any(encoded)
}

fn asked(name: &str, unicode: ToAscii<'_>) -> Option<String> {
    // Nothing that means more than a name to a parser of URLs.
    let plain = |b: u8| !b.is_ascii() || b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    if !name.bytes().all(plain) {
        return None;
    }
    // Digits of other scripts can make an address of a name, which it was not.
    unicode(name).filter(|ascii| ascii.parse::<Ipv4Addr>().is_err())
}

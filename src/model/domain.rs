//! Domain names, in the one spelling that they are compared in.

use url::Host;

/// A name in its ASCII form (UTS 46, RFC 5891) and lower case: labels of letters, digits and inner hyphens
/// (RFC 1123 §2.1), of at most 63 bytes each and 253 in all.
pub fn to_ascii(name: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(name).ok()?;
    // Digits of other scripts can make an IP address of a name that was none as it was written (WHATWG URL §3.5).
    (name.is_ascii() || matches!(Host::parse(&ascii), Ok(Host::Domain(_)))).then_some(ascii)
}

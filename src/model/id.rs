//! Identifiers: time-ordered for rows, random for secrets' handles.

use crate::model::time::Time;

/// A UUID version 7 (RFC 9562 §5.7): sorts by the time it was made, so that `id` is also a list's cursor.
pub fn uuid_v7(now: Time, random: [u8; 10]) -> String {
    let ms = u64::try_from(now.0).unwrap_or(0) & 0xffff_ffff_ffff;
    let [a, b, c, d, e, f, g, h, i, j] = random;
    let ab = 0x7000 | (u16::from_be_bytes([a, b]) & 0x0fff);
    let cd = 0x8000 | (u16::from_be_bytes([c, d]) & 0x3fff);
    let rest = u64::from_be_bytes([0, 0, e, f, g, h, i, j]);
    format!("{:08x}-{:04x}-{ab:04x}-{cd:04x}-{rest:012x}", ms >> 16, ms & 0xffff)
}

/// The bytes of a UUID in the one spelling that [`uuid_v7`] has.
pub(crate) fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let bytes = u128::from_str_radix(&text.replace('-', ""), 16).ok()?.to_be_bytes();
    (uuid_text(&bytes) == text).then_some(bytes)
}

/// A UUID as text.
pub(crate) fn uuid_text(bytes: &[u8; 16]) -> String {
    let all = u128::from_be_bytes(*bytes);
    let part = |shift: u32, bits: u32| (all >> shift) & ((1 << bits) - 1);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 32),
        part(80, 16),
        part(64, 16),
        part(48, 16),
        part(0, 48)
    )
}

/// Whether the text can be one of our row ids: 1 to 64 of `a-z 0-9 -`.
pub fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether the text can be a tenant's id: 1 to 40 of `a-z 0-9 -`, starting and ending with no dash.
pub fn is_tenant_id(text: &str) -> bool {
    is_id(text) && text.len() <= 40 && !text.starts_with('-') && !text.ends_with('-')
}

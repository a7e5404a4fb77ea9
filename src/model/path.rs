//! Request paths that a gateway rule can decide on.

use percent_encoding::percent_decode_str;

/// A path in one spelling: unreserved characters decoded, other escapes in upper-case hex (RFC 3986 §6.2.2).
/// What is decided on is what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// Normalises a path, or refuses one that an origin could read differently from us: an empty or dot
    /// segment, an escaped slash, backslash or NUL, a `;` parameter, an escape that is not UTF-8 or not hex.
    pub fn parse(raw: &str) -> Option<Path> {
        if !raw.starts_with('/') || raw.len() > 8192 {
            return None;
        }
        let mut out = String::with_capacity(raw.len());
        let mut bytes = raw.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'%' => {
                    let value = hex(bytes.next()?)? * 16 + hex(bytes.next()?)?;
                    match value {
                        b'/' | b'\\' | 0..=0x1f | 0x7f | b';' => return None,
                        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                            out.push(char::from(value))
                        }
                        _ => out.push_str(&format!("%{value:02X}")),
                    }
                }
                b'\\' | b';' | b'?' | b'#' | 0..=0x20 | 0x7f.. => return None,
                plain => out.push(char::from(plain)),
            }
        }
        percent_decode_str(&out).decode_utf8().ok()?;
        let mut segments = out.split('/').skip(1).peekable();
        while let Some(segment) = segments.next() {
            let last = segments.peek().is_none();
            if (segment.is_empty() && !last) || segment == "." || segment == ".." {
                return None;
            }
        }
        Some(Path(out))
    }

    /// The one spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is left behind a prefix that ends at a `/` boundary: `/app/x` behind `/app/` or `/app` is `/x`.
    pub fn behind(&self, prefix: &str) -> Option<&str> {
        let bare = prefix.strip_suffix('/').unwrap_or(prefix);
        let rest = self.0.strip_prefix(bare)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

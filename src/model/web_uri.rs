//! Web addresses in the one spelling that browsers send, and their origins.

use url::Url;

/// The longest that is taken, in bytes.
pub(crate) const LONGEST_URI: usize = 2_000;

/// An absolute URI in ASCII as RFC 3986 writes it, without fragment, user or password. What `url` would
/// mend is refused, because others would not mend it in the same way.
pub(crate) fn uri(text: &str) -> Option<Url> {
    let written =
        |b: u8| matches!(b, b'!' | b'$'..=b';' | b'=' | b'?'..=b'[' | b']' | b'_' | b'a'..=b'z' | b'~');
    if text.len() > LONGEST_URI || !text.bytes().all(written) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    (url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// The host that a URL names, if it is one.
pub(crate) fn host_of(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// An `http` or `https` URI whose scheme and host are in the one spelling that browsers send.
fn web(text: &str) -> Option<Url> {
    let url = uri(text)?;
    let host = url.host_str()?;
    let start = format!("{}://{host}", url.scheme());
    (matches!(url.scheme(), "http" | "https") && text.starts_with(&start) && !host.contains('*'))
        .then_some(url)
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

/// Whether the text is an `https` URI, or an `http` one that does not leave the machine.
pub(crate) fn is_web_uri(text: &str) -> bool {
    web(text).is_some_and(|url| url.scheme() == "https" || is_loopback(&url))
}

/// Whether the text is the origin of such a URI, as browsers write it in `Origin` (RFC 6454 §6.2).
pub(crate) fn is_web_origin(text: &str) -> bool {
    is_web_uri(text) && uri(text).is_some_and(|url| url.origin().ascii_serialization() == text)
}

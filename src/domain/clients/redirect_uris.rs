//! Which redirect URIs a client may register, and why one may not (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1).

use url::Url;

use crate::domain::refusal::{Error, invalid};
use crate::model::web_uri::{LONGEST_URI, is_web_uri, uri};

/// The most that a client may have of each kind.
pub(super) const MOST_URIS: usize = 100;

/// The longest URI that a reason repeats.
const LONGEST_SHOWN: usize = 200;

/// Checks a member that lists redirect URIs.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Invalid`] with each URI that may not be registered and why.
pub(super) fn check(field: &'static str, uris: &[String], native: bool) -> Result<(), Error> {
    if uris.len() > MOST_URIS {
        return Err(invalid(field, format!("at most {MOST_URIS}")));
    }
    let wrong = uris.iter().enumerate().filter(|(_, uri)| !may_be_registered(uri, native));
    let reasons: Vec<String> =
        wrong.map(|(at, uri)| format!("{}: {}", show(at, uri), reason(uri, native))).take(10).collect();
    if reasons.is_empty() { Ok(()) } else { Err(invalid(field, reasons.join("; "))) }
}

/// Private-use schemes are a domain name in reverse, so they have a dot (RFC 8252 §7.1), which tells them from
/// `javascript:`, `data:` and all others that a browser acts on.
pub(super) fn may_be_registered(text: &str, native: bool) -> bool {
    let private_use = || {
        let Some(url) = uri(text) else { return false };
        native && url.scheme().contains('.') && text.starts_with(&format!("{}:/", url.scheme()))
    };
    is_web_uri(text) || private_use()
}

/// A URI in a description, which has these signs alone (RFC 6749 §5.2); another by its place in the list.
fn show(at: usize, uri: &str) -> String {
    let plain = uri.bytes().all(|b| matches!(b, b'!' | b'#'..=b'[' | b']'..=b'~'));
    if plain && !uri.is_empty() && uri.len() <= LONGEST_SHOWN {
        uri.to_owned()
    } else {
        format!("number {}", at + 1)
    }
}

/// Why a URI may not be registered, the first thing that a developer would mend.
fn reason(text: &str, native: bool) -> &'static str {
    if !text.is_ascii() {
        return "in ASCII: a name outside it as xn--..., what else is in a URL percent-encoded";
    }
    if text.len() > LONGEST_URI {
        return "is longer than 2000 bytes";
    }
    if text.contains('#') {
        return "must have no fragment";
    }
    let scheme = text.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
    let of_scheme = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    if scheme.is_empty() || !scheme.bytes().all(of_scheme) {
        return "is not an absolute URI, which begins with its scheme";
    }
    if scheme.bytes().any(|b| b.is_ascii_uppercase()) {
        return "must have its scheme in lower case, as browsers send it";
    }
    match scheme {
        "http" | "https" => web_reason(text),
        _ if !scheme.contains('.') => {
            "its scheme has no dot: https, http on a loopback address, or for a native application a private-use scheme, \
             which is a domain of yours in reverse order (RFC 8252, section 7.1), as com.example.app:/callback"
        }
        _ if uri(text).is_none() => "is not a URI as RFC 3986 writes it",
        _ if !native => "a private-use scheme takes application_type native",
        _ => "its scheme must be followed by a slash, as com.example.app:/callback",
    }
}

fn web_reason(text: &str) -> &'static str {
    let Ok(url) = Url::parse(text) else { return "is not a URL" };
    if !url.username().is_empty() || url.password().is_some() {
        return "must have no user and no password";
    }
    if text.contains('*') && url.host_str().is_some_and(|host| host.contains('*')) {
        return "must have no wildcard: URIs are compared as exact strings";
    }
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    if url.scheme() == "http" && !loopback {
        return "must be https; http is for 127.0.0.1, [::1] and localhost alone";
    }
    "is not spelled as browsers send it: scheme and host in lower case, no spaces, nothing to be mended"
}

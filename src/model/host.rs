//! Host names with their ports, in the one spelling that they are compared in.

use std::borrow::Cow;

/// A host in lower case, without the dot that ends a fully qualified name (RFC 3986 §3.2.2) and without the port
/// of a scheme. Nothing is allocated for one that is spelt so already.
pub(crate) fn canonical(host: &str) -> Cow<'_, str> {
    let (name, port) = split(host);
    let name = name.strip_suffix('.').unwrap_or(name);
    let port = if matches!(port, "80" | "443") { "" } else { port };
    let spelt = match port {
        "" => Cow::Borrowed(name),
        _ if name.len() + 1 + port.len() == host.len() => Cow::Borrowed(host),
        _ => Cow::Owned(format!("{name}:{port}")),
    };
    match spelt.bytes().any(|b| b.is_ascii_uppercase()) {
        true => Cow::Owned(spelt.to_ascii_lowercase()),
        false => spelt,
    }
}

/// Whether an origin (as the header field `Origin` has it) is of this host, whatever its scheme.
pub(crate) fn is_of(origin: &str, host: &str) -> bool {
    let Some((_, authority)) = origin.split_once("://") else { return false };
    let (name, port) = split(authority);
    let name = name.strip_suffix('.').unwrap_or(name);
    let host = canonical(host);
    let (own_name, own_port) = split(&host);
    name.eq_ignore_ascii_case(own_name) && port == own_port
}

/// Name and port; no port if none is said.
fn split(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
            (name, port.trim_start_matches('0'))
        }
        _ => (host, ""),
    }
}

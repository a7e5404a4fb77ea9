//! Which addresses a stranger may have us ask: servers of the public Internet, by a name of the public DNS, with
//! `https` on its own port. Used for what clients that registered themselves say (RFC 7591 §5), when they say it and
//! before anything is sent there.
//!
//! A name can still lead to a private address. The platform does not connect to those; that is not decided here.

use url::{Host, Url};

/// The rule in words.
pub(crate) const RULE: &str = "https on port 443 at a public DNS name: no address literal, no name of a private network, \
                        no user, password or fragment, and not ours";

const LONGEST: usize = 2_000;

/// Names whose servers are not public ones: RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`, names that are never
/// delegated, and those that containers and routers hand out.
const PRIVATE: [&str; 13] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "arpa",
    "invalid",
    "onion",
    "svc",
];

/// The host of a URI that a stranger may have us ask, in lower case; `None` for any other.
///
/// Only the one spelling is taken that a URL parser would write: what another would read otherwise is refused.
pub fn public_host(text: &str) -> Option<String> {
    let printable = |b: u8| {
        b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}')
    };
    if text.len() > LONGEST || !text.bytes().all(printable) || text.contains('#') {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let Some(Host::Domain(host)) = url.host() else { return None };
    // What stands before the first `/` or `?` is the host, and its port if any: so there is no user either.
    let authority = text.strip_prefix("https://")?.split(['/', '?']).next()?;
    let plain = authority == host || authority.strip_prefix(host) == Some(":443");
    (plain && url.port().is_none() && is_public_name(host)).then(|| host.to_owned())
}

/// Whether a name is one that the public DNS can have (RFC 1123 §2.1, RFC 1035 §2.3.4), of at least two labels.
fn is_public_name(name: &str) -> bool {
    let label = |label: &str| {
        let bytes = label.as_bytes();
        let within = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        (1..=63).contains(&bytes.len())
            && bytes.iter().all(within)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let mut labels = name.rsplit('.');
    let Some(top) = labels.next() else { return false };
    name.len() <= 253
        && labels.next().is_some()
        && name.split('.').all(label)
        && top.bytes().any(|b| b.is_ascii_lowercase())
        && !PRIVATE.contains(&top)
}

/// Whether a host is a deployment's own, by the host of its origin: that one, one below it, and on `workers.dev` any
/// of the same account.
pub fn is_own_host(host: &str, own: &str) -> bool {
    let is_at_or_below =
        |parent: &str| host == parent || host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'));
    let account = own.strip_suffix(".workers.dev").and_then(|name| name.rsplit('.').next());
    is_at_or_below(own) || account.is_some_and(|account| is_at_or_below(&format!("{account}.workers.dev")))
}

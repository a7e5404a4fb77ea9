//! What is on the public Internet: names of the public DNS, addresses that are routed there, and the one spelling of a
//! URI that a stranger may have us ask. `domain::outbound` says whom each rule is for.
//!
//! A name can still lead to a private address: [`is_public`] is for what a resolver says, and the platform does not
//! connect to private addresses either.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

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
pub(crate) fn is_public_name(name: &str) -> bool {
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

/// Whether an address is one of the public Internet's: none of the special purposes of RFC 6890 and the registries that
/// it began. Of IPv6 that is global unicast (RFC 4291 §2.4) alone, without what carries another protocol's address.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !is_special_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_special_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        // This network, private (RFC 1918), loopback, multicast, reserved and broadcast.
        [0 | 10 | 127 | 224..=255, ..] => true,
        // Shared (RFC 6598), link-local (RFC 3927), private, benchmarks (RFC 2544).
        [100, 64..=127, ..] | [169, 254, ..] | [172, 16..=31, ..] | [192, 168, ..] | [198, 18 | 19, ..] => {
            true
        }
        // Protocols (RFC 6890), documentation (RFC 5737), the relays of 6to4 (RFC 7526).
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => true,
        _ => false,
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Loopback, IPv4 in IPv6 (`::127.0.0.1`, `::ffff:0:0/96`, 64:ff9b::/96), unique local, link- and site-local and
    // multicast addresses are outside of it.
    let global_unicast = first & 0xe000 == 0x2000;
    let special = match first {
        // Protocols (RFC 2928), Teredo among them, and documentation (RFC 3849).
        0x2001 => second < 0x200 || second == 0xdb8,
        // 6to4 (RFC 3056).
        0x2002 => true,
        // Documentation (RFC 9637).
        0x3fff => second < 0x1000,
        _ => false,
    };
    global_unicast && !special
}

/// Whether a host is of this machine: loopback addresses (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3), the unspecified ones,
/// which lead there too, and the names of both (RFC 6761 §6.3).
pub fn is_this_machine(url: &Url) -> bool {
    let v4 = |address: &Ipv4Addr| address.is_loopback() || address.is_unspecified();
    let v6 = |address: &Ipv6Addr| {
        address.is_loopback() || address.is_unspecified() || address.to_ipv4_mapped().as_ref().is_some_and(v4)
    };
    match url.host() {
        Some(Host::Ipv4(address)) => v4(&address),
        Some(Host::Ipv6(address)) => v6(&address),
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let names = ["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"];
            names.contains(&name) || name.ends_with(".localhost")
        }
        None => false,
    }
}

/// Whether a host is a deployment's own, by the host of its origin: that one, one below it, and on `workers.dev` any
/// of the same account.
pub fn is_own_host(host: &str, own: &str) -> bool {
    let is_at_or_below =
        |parent: &str| host == parent || host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'));
    let account = own.strip_suffix(".workers.dev").and_then(|name| name.rsplit('.').next());
    is_at_or_below(own) || account.is_some_and(|account| is_at_or_below(&format!("{account}.workers.dev")))
}

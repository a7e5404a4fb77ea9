//! Which URLs lead back to this deployment. What does not show in a URL, as another name of the same machine, is
//! found by `Via` when it comes back ([`crate::domain::gateway::outgoing::is_looping`]).

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::cx::Cx;
use crate::model::host::canonical;
use crate::ports::Fault;
use crate::store;

/// Whether a URL is of the deployment's own origin or a tenant's host, in any spelling, with `http` or `https`.
pub(crate) async fn is_own(cx: &Cx, url: &Url) -> Result<bool, Fault> {
    let Ok(own) = Url::parse(&cx.config.origin) else { return Ok(false) };
    let same_port = own.port_or_known_default() == url.port_or_known_default();
    // `Url` has read numbers in octal and hexadecimal, and short forms, as the addresses that they are.
    if is_this_machine(&own) && is_this_machine(url) && same_port {
        return Ok(true);
    }
    let host = authority(url);
    let host = canonical(&host);
    Ok(host == canonical(&authority(&own))
        || store::tenants::id_by_host(cx.db.as_ref(), &host).await?.is_some())
}

fn authority(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// Loopback addresses (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3), the unspecified ones, which lead there too, and the
/// names of both (RFC 6761 §6.3).
fn is_this_machine(url: &Url) -> bool {
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

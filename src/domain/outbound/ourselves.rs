//! Which URLs lead back to this deployment. What does not show in a URL, as another name of the same machine, is
//! found by `Via` when it comes back (`domain::gateway::outgoing::is_looping`).

use url::Url;

use crate::cx::Cx;
use crate::model::host::canonical;
use crate::model::public_address::is_this_machine;
use crate::ports::Fault;
use crate::store;

/// Whether a URL is of the deployment's own origin or a tenant's host, in any spelling, with `http` or `https`.
pub(crate) async fn is_own(cx: &Cx, url: &Url) -> Result<bool, Fault> {
    let console = cx.config.console_origin();
    if is_own_origin(&cx.config.origin, url) || console.is_some_and(|origin| is_own_origin(&origin, url)) {
        return Ok(true);
    }
    Ok(store::tenants::id_by_host(cx.db.as_ref(), &canonical(&authority(url))).await?.is_some())
}

/// Whether a URL is of that origin, in any spelling, with `http` or `https`.
pub(crate) fn is_own_origin(origin: &str, url: &Url) -> bool {
    let Ok(own) = Url::parse(origin) else { return false };
    let same_port = own.port_or_known_default() == url.port_or_known_default();
    // `Url` has read numbers in octal and hexadecimal, and short forms, as the addresses that they are.
    let is_here = is_this_machine(&own) && is_this_machine(url) && same_port;
    is_here || canonical(&authority(url)) == canonical(&authority(&own))
}

/// Host and port of a URL, as tenants' hosts are kept.
pub(crate) fn authority(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

//! A tenant's issuer, and the addresses below it.
//!
//! An issuer is where its metadata is (RFC 8414 §3.3, OpenID Connect Discovery 1.0 §4.3). A tenant has one at a time:
//! `https://{host}` if it has a host of its own, which for the home tenant may be the deployment's, and else
//! `{ORIGIN}/tenant/{id}`. With the host the issuer changes: what was signed under the one before is refused, and what
//! is stored (sessions, grants, keys) goes on under the new one.

use crate::cx::Cx;
use crate::model::host::canonical;

/// The deployment's scheme and authority.
fn own(cx: &Cx) -> (&str, &str) {
    cx.config.origin.split_once("://").unwrap_or(("https", ""))
}

/// Whether a host, in its one spelling, is the deployment's own: that of its origin, or the console's.
pub(crate) fn is_own_host(cx: &Cx, host: &str) -> bool {
    is_host_of_origin(cx, host) || is_console_host(cx, host)
}

/// Whether a host, in its one spelling, is that of the deployment's origin.
pub(crate) fn is_host_of_origin(cx: &Cx, host: &str) -> bool {
    canonical(own(cx).1) == host
}

/// Whether a host, in its one spelling, is the console's own.
pub(crate) fn is_console_host(cx: &Cx, host: &str) -> bool {
    cx.config.console_host.as_deref() == Some(host)
}

/// Scheme and host of the addresses of a tenant that has this host.
pub(super) fn origin_of(cx: &Cx, host: Option<&str>) -> String {
    match host {
        Some(host) => format!("{}://{host}", own(cx).0),
        None => cx.config.origin.clone(),
    }
}

/// The issuer of a tenant without a host.
pub(super) fn issuer_by_path(cx: &Cx, id: &str) -> String {
    format!("{}/tenant/{id}", cx.config.origin)
}

/// The issuer whose metadata an address has, by the host that was asked and the tenant that the path names. The scheme
/// is the deployment's: a proxy in front may have taken TLS off.
pub(crate) fn issuer_of_address(cx: &Cx, host: &str, named: Option<&str>) -> String {
    let origin = origin_of(cx, Some(host));
    match named {
        Some(id) => format!("{origin}/tenant/{id}"),
        None => origin,
    }
}

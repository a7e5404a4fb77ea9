//! What an origin gets of a request: where it goes, and which of its header fields are removed and set. Fields that
//! are neither stay as they came, byte for byte.

use std::borrow::Cow;

use crate::cx::Cx;
use crate::domain::gateway::incoming::Incoming;
use crate::domain::refusal::Error;
use crate::domain::tenants::{self, ResolvedTenant};
use crate::model::cookies::{self, ForOrigin};
use crate::model::headers::Headers;
use crate::model::host::canonical;
use crate::model::path::Path;
use crate::model::route::{ASSERTION_HEADER, Route};

/// Changes to a request's header fields.
pub(crate) struct Fields {
    /// Names to remove, lower case.
    pub(crate) remove: Vec<String>,
    /// Names, lower case, and values to set after that.
    pub(crate) set: Vec<(String, String)>,
}

/// Where a request for a path goes.
pub(crate) fn url(route: &Route, path: &Path, query: &str) -> String {
    let spec = &route.spec;
    let sent_path =
        if spec.strip_prefix { path.behind(&spec.path).unwrap_or_default() } else { path.as_str() };
    let slash = if sent_path.starts_with('/') { "" } else { "/" };
    format!("{}{slash}{sent_path}{query}", spec.origin.trim_end_matches('/'))
}

/// The changes for a route's origin.
pub(crate) async fn fields(
    cx: &Cx,
    resolved: &ResolvedTenant,
    route: &Route,
    incoming: &Incoming<'_>,
) -> Result<Fields, Error> {
    let headers = incoming.headers;
    let mut remove = fields_to_remove(headers, route);
    let host = forwarded_host(cx, resolved, route, incoming).await?;
    let mut set = vec![
        ("x-forwarded-host".to_owned(), host),
        ("x-forwarded-proto".to_owned(), scheme(cx).to_owned()),
        ("via".to_owned(), via(cx, headers)),
    ];
    if !cx.caller.address.is_empty() {
        set.push(("x-forwarded-for".to_owned(), cx.caller.address.clone()));
    }
    match headers.get("cookie").map_or(ForOrigin::Untouched, cookies::without_ours) {
        ForOrigin::Untouched => {}
        ForOrigin::Rest(rest) => set.push(("cookie".to_owned(), rest)),
        ForOrigin::Nothing => remove.push("cookie".to_owned()),
    }
    Ok(Fields { remove, set })
}

/// The changes for the API of another service, to which a credential in that field of the caller's own goes: it learns
/// nothing of where the request came from, and gets no cookie and no other credential, and is not asked to speak another protocol.
pub(crate) fn fields_of_relay(cx: &Cx, headers: &Headers, route: &Route, field: &str) -> Fields {
    let credential = fold_name(field);
    let must_go = |name: &str| {
        let name = fold_name(name);
        name == credential
            || name.starts_with("sec-websocket-")
            || matches!(name.as_ref(), "cookie" | "origin" | "referer" | "upgrade" | "http2-settings")
    };
    let mut remove = fields_to_remove(headers, route);
    remove.extend(headers.names().filter(|name| must_go(name)).map(str::to_owned));
    Fields { remove, set: vec![("via".to_owned(), via(cx, headers))] }
}

/// Whether this deployment has forwarded the request before (RFC 9110 §7.6.3): it came back to us.
pub(crate) fn is_looping(cx: &Cx, headers: &Headers) -> bool {
    let Some(via) = headers.get("via") else { return false };
    // Whatever stands around it, a comment or a list that somebody else has broken; but not a longer name.
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    via.match_indices(cx.config.pseudonym.as_str()).any(|(at, name)| {
        let before = via.get(..at).and_then(|text| text.chars().next_back());
        let after = via.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_token) && !after.is_some_and(is_token)
    })
}

/// Ours after those of others, as an HTTP gateway must say it.
fn via(cx: &Cx, headers: &Headers) -> String {
    let own = &cx.config.pseudonym;
    match headers.get("via").filter(|others| !others.trim().is_empty()) {
        Some(others) => format!("{others}, 1.1 {own}"),
        None => format!("1.1 {own}"),
    }
}

/// The host that was asked, if it is known to be one of ours: the deployment's own, a tenant's or a route's. A
/// caller may write anything into `Host`, and origins make links of this.
async fn forwarded_host(
    cx: &Cx,
    resolved: &ResolvedTenant,
    route: &Route,
    incoming: &Incoming<'_>,
) -> Result<String, Error> {
    let host = canonical(incoming.host);
    let own = cx.config.origin.split_once("://").map_or("", |(_, authority)| authority);
    let known = host == canonical(own)
        || route.spec.host.is_some()
        // A tenant that no field of the request names was chosen by the host.
        || match incoming.headers.get("x-tenant-id") {
            None => resolved.explicit,
            Some(_) => tenants::by_host(cx, &host).await?.is_some(),
        };
    Ok(if known { host.into_owned() } else { own.to_owned() })
}

fn scheme(cx: &Cx) -> &str {
    cx.config.origin.split_once(':').map_or("https", |(scheme, _)| scheme)
}

/// Header fields that must not reach the origin: every spelling of the assertion's and of ours, what the
/// caller proved themselves with, what a proxy in front may have forged, and hop-by-hop fields
/// (RFC 9110 §7.6.1; `Expect`, §10.1.1, is answered here). What `Connection` names besides is the client's wish to
/// strip, which we don't follow: it could strip what we set.
fn fields_to_remove(headers: &Headers, route: &Route) -> Vec<String> {
    let assertion = [ASSERTION_HEADER, route.spec.header.as_str()].map(fold_name);
    let must_go = |name: &str| {
        let name = fold_name(name);
        assertion.contains(&name)
            || name.starts_with("x-portcullis")
            || name.starts_with("x-forwarded")
            || (route.by_method && overrides_method(&name))
            || matches!(
                name.as_ref(),
                "authorization"
                    | "dpop"
                    | "x-api-key"
                    | "x-system-secret"
                    | "x-system-address"
                    | "x-tenant-id"
                    | "x-real-ip"
                    | "forwarded"
                    | "via"
                    | "x-client-ip"
                    | "true-client-ip"
                    | "cf-connecting-ip"
                    | "cf-connecting-ipv6"
                    | "x-cluster-client-ip"
                    | "x-original-url"
                    | "x-rewrite-url"
                    | "proxy-authorization"
                    | "proxy-connection"
                    | "keep-alive"
                    | "te"
                    | "trailer"
                    | "expect"
            )
    };
    headers.names().filter(|name| must_go(name)).map(str::to_owned).collect()
}

/// Where methods decide which route it is, no field may tell the origin of another one.
fn overrides_method(folded: &str) -> bool {
    matches!(folded, "x-http-method-override" | "x-http-method" | "x-method-override")
}

/// CGI and its heirs read every character that is neither letter nor digit as the same one. Most names need nothing.
fn fold_name(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-"))
}

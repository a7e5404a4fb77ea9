//! Routes to the API of a provider that their callers have connected in the vault: the caller's own token or key is sent
//! there, so that whoever calls for a person never holds it.
//!
//! It goes to hosts of the provider's API alone, by https, and nothing of ours goes with it: no assertion, no cookie, no
//! address of the caller's. Only a route with `connection` comes here.

use futures_util::future::join;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::config::{Config, Mode};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry as Event};
use crate::domain::gateway::incoming::Incoming;
use crate::domain::gateway::outgoing::{self, Fields};
use crate::domain::outbound::{self, guard::is_ours};
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::credential::Credential;
use crate::domain::tenants::Tenant;
use crate::domain::throttle;
use crate::domain::vault::catalogue::Entry;
use crate::domain::vault::{registry, relayed};
use crate::model::headers::Headers;
use crate::model::public_address::is_this_machine;
use crate::model::route::{Accepts, Auth, Route, RouteSpec};
use crate::model::scope::is_custom;
use crate::ports::http::Reach;

/// The header field that says which of several connections to the provider is meant, by its label. As all fields whose
/// name begins so, it is never sent on.
const CONNECTION_FIELD: &str = "x-portcullis-connection";

/// What the origin of such a route is.
const ORIGIN: &str = "https at a host of the provider's API, without a port";

/// Checks what a route says of a connection, beside what every route must be like.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(super) async fn check(cx: &Cx, tenant: &Tenant, spec: &mut RouteSpec) -> Result<(), Error> {
    let Some(id) = &spec.connection else { return Ok(()) };
    let provider = match registry::find(cx, tenant, id).await {
        Err(Error::Refused(Refusal::NotFound)) => {
            return Err(invalid("connection", "a provider of this tenant's"));
        }
        found => found?,
    };
    if provider.entry.credential_field().is_none() {
        return Err(invalid("connection", "a provider whose tokens or keys are sent in a header field"));
    }
    if spec.auth != Auth::Required {
        return Err(invalid("auth", "required, with connection"));
    }
    // A browser sends its cookie along whoever made it ask: what acts at another service for a person does not go by that.
    if spec.credentials == RouteSpec::all_credentials() {
        spec.credentials = vec![Accepts::Bearer, Accepts::ApiKey];
    }
    if spec.credentials.contains(&Accepts::Cookie) {
        return Err(invalid("credentials", "bearer, apiKey, or both, with connection"));
    }
    // What every session and every agent may do says nothing of what a person lets one do elsewhere.
    if !spec.scopes.iter().any(|scope| is_custom(scope)) {
        return Err(invalid("scopes", "one of the tenant's own, as calendar:read, with connection"));
    }
    let may_go = may_go(&cx.config, &provider.entry, &spec.origin)
        && outbound::may_be_asked(cx, &spec.origin, Reach::Administrator).await?;
    if !may_go {
        return Err(invalid("origin", format!("{ORIGIN}: {}", provider.entry.api_hosts.join(", "))));
    }
    Ok(())
}

/// Whether a token or key may be sent to an address: by https, without a port or a user, to a host of the provider's API.
/// Where developers try, one on their own machine that a provider of the tenant's own names.
fn may_go(config: &Config, entry: &Entry, address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let Some(host) = url.host_str() else { return false };
    // What another parser could take for a user or a path in the place of the host.
    let authority = address.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    if authority.is_none_or(|authority| authority.contains(['@', '\\'])) {
        return false;
    }
    if config.mode == Mode::Local && is_this_machine(&url) {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        return entry.is_api_host(&format!("{host}{port}"));
    }
    // A pattern of hosts may take in our own: what is connected elsewhere is no credential here.
    url.scheme() == "https" && url.port().is_none() && entry.is_api_host(host) && !is_ours(&url, config)
}

/// Whether a request asks for a WebSocket (RFC 6455 §4.1), whatever else it would take (RFC 9110 §7.8).
fn asks_for_socket(headers: &Headers) -> bool {
    let is_socket = |protocol: &str| {
        let name = protocol.split('/').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("websocket")
    };
    headers.get("upgrade").is_some_and(|protocols| protocols.split(',').any(is_socket))
}

/// The label of the connection that the caller means, if the request says one: percent-encoded as in a query, so that it can
/// be any text. Two such fields are joined by a comma, and say nothing.
fn chosen_label(headers: &Headers) -> Result<Option<String>, Error> {
    let Some(text) = headers.get(CONNECTION_FIELD) else { return Ok(None) };
    let is_one = text.is_ascii() && !text.contains(',');
    let label = percent_decode_str(text).decode_utf8().ok().filter(|_| is_one);
    let rule = "one label, percent-encoded as in a query";
    Ok(Some(label.ok_or_else(|| invalid("X-Portcullis-Connection", rule))?.into_owned()))
}

/// The changes to a request's header fields, the credential among them.
///
/// # Errors
/// [`Refusal::SocketRefused`]; [`Refusal::Invalid`] for what is no label; [`Refusal::Forbidden`] for who is no person; [`Refusal::ConnectionNeeded`] without a connection that works;
/// [`Refusal::NotFound`] once the provider is gone, or its API elsewhere; [`Refusal::Limited`].
pub(super) async fn fields(
    cx: &Cx,
    caller: &Credential,
    route: &Route,
    provider_id: &str,
    url: &str,
    incoming: &Incoming<'_>,
) -> Result<Fields, Error> {
    // It would go on after the connection, the scope or the key has ended, and what passes in it is not counted.
    if asks_for_socket(incoming.headers) {
        return Err(Refusal::SocketRefused.into());
    }
    let label = relayed::check_choice(chosen_label(incoming.headers)?.as_deref())?;
    let tenant = &caller.tenant;
    let user = caller.user().ok_or(Refusal::Forbidden)?;
    let provider = registry::usable(cx, tenant, provider_id).await?;
    let field = provider.entry.credential_field().ok_or(Refusal::NotFound)?;
    // The provider may have been changed after the route was made.
    if !may_go(&cx.config, &provider.entry, url) {
        return Err(Refusal::NotFound.into());
    }
    let limit = throttle::relayed_call(cx, &tenant.id, provider_id, &route.id, &user.id, label.as_deref());
    let sent = relayed::credential(cx, tenant, &user.id, &provider, label.as_deref());
    let (limit, sent) = join(limit, sent).await;
    let is_first = limit?;
    let sent = sent?;
    if is_first {
        let said = format!("{} by the route {}", sent.in_log(provider_id), route.spec.name);
        let event = Event::ok("vault.relayed").by(caller.actor()).on(&user.id).saying(said);
        audit::write(cx, &tenant.id, event).await?;
    }
    let mut fields = outgoing::fields_of_relay(cx, incoming.headers, route, &field.name);
    fields.set.push((field.name.clone(), format!("{}{}", field.prefix, sent.secret.as_str())));
    Ok(fields)
}

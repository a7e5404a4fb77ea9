//! Authorization requests as they come, by themselves or under a `request_uri` of ours (RFC 9126): whose they are, and how
//! they are kept.

use std::rc::Rc;

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::clients::offers;
use crate::domain::clients::rules::redirect_uri_matches;
use crate::domain::clients::{self, code_protection};
use crate::domain::refusal::{Error, oauth};
use crate::domain::tenants::Tenant;
use crate::domain::throttle;
use crate::model::time::Time;
use crate::oidc::error::Code;
use crate::oidc::params::Params;
use crate::oidc::request::{self, Request, Wrong};
use crate::ports::Fault;
use crate::store;
use crate::store::clients::Client;

/// What a `request_uri` of ours starts with (RFC 9126 §2.2).
pub(crate) const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";

/// A request whose client and redirect URI are right: from here on the client is told what is wrong.
pub(crate) struct Trusted {
    pub(crate) client: Rc<Client>,
    pub(crate) redirect_uri: String,
    pub(crate) params: Params,
    pub(crate) asked_at: Time,
    /// The id that it waits under, if it does.
    pub(crate) id: Option<String>,
}

/// Finds the client and the redirect URI, in the request or under the `request_uri` that it names.
pub(crate) async fn trust(cx: &Cx, tenant: &Tenant, params: Params) -> Result<Trusted, Error> {
    // Which of two is meant cannot be told, so there is nobody to tell (RFC 6749 §4.1.2.1).
    for name in ["client_id", "redirect_uri", "request_uri"] {
        if params.repeats(name) {
            return Err(oauth(Code::InvalidRequest, format!("{name} comes more than once")));
        }
    }
    let client_id = params.get("client_id");
    let client_id = client_id.ok_or_else(|| oauth(Code::InvalidRequest, "client_id is missing"))?;
    let unknown = || oauth(Code::InvalidRequest, "the client is not registered");
    let client = clients::documents::current(cx, tenant, client_id).await?.ok_or_else(unknown)?;
    let Some(id) = params.get("request_uri").and_then(|uri| uri.strip_prefix(REQUEST_URI)) else {
        let redirect_uri = redirect_uri(&client, &params)?;
        return Ok(Trusted { client, redirect_uri, params, asked_at: cx.now, id: None });
    };
    let gone = || oauth(Code::InvalidRequestUri, "the request_uri is unknown, used or expired");
    let mut trusted = match load(cx, tenant, id, "waiting").await? {
        Some(trusted) => trusted,
        None => {
            let pushed = load(cx, tenant, id, "pushed").await?;
            // Another client's does not spend it.
            let mut pushed = pushed.filter(|pushed| pushed.client.id == client.id).ok_or_else(gone)?;
            let taken = store::authorization_requests::take(&stored(id), cx.now);
            if store::one(cx.db.as_ref(), taken).await?.is_empty() {
                return Err(gone());
            }
            pushed.asked_at = cx.now;
            pushed
        }
    };
    if trusted.client.id != client.id {
        return Err(gone());
    }
    trusted.id = Some(id.to_owned());
    Ok(trusted)
}

pub(crate) async fn load(cx: &Cx, tenant: &Tenant, id: &str, kind: &str) -> Result<Option<Trusted>, Fault> {
    let row = store::authorization_requests::find(cx.db.as_ref(), &tenant.id, &stored(id), cx.now).await?;
    let Some(row) = row.filter(|row| row.kind == kind) else { return Ok(None) };
    let Some(client) = clients::by_id(cx, tenant, &row.client_id).await? else { return Ok(None) };
    let params = Params::parse(&row.parameters);
    let Ok(redirect_uri) = redirect_uri(&client, &params) else { return Ok(None) };
    Ok(Some(Trusted { client, redirect_uri, params, asked_at: row.created_at, id: Some(id.to_owned()) }))
}

/// The redirect URI: the one that is sent, if it is registered; the only registered one if none is sent, which
/// OpenID Connect does not allow (RFC 6749 §3.1.2.3, OpenID Connect Core §3.1.2.1).
pub(crate) fn redirect_uri(client: &Client, params: &Params) -> Result<String, Error> {
    let registered = &client.metadata.redirect_uris;
    let openid = params.get("scope").is_some_and(|scope| scope.split(' ').any(|word| word == "openid"));
    match (params.get("redirect_uri"), registered.as_slice()) {
        (Some(sent), _) if registered.iter().any(|known| redirect_uri_matches(known, sent)) => {
            Ok(sent.to_owned())
        }
        (None, [only]) if !openid => Ok(only.clone()),
        (Some(_), _) => Err(oauth(Code::InvalidRequest, "redirect_uri is not registered for the client")),
        (None, _) => Err(oauth(Code::InvalidRequest, "redirect_uri is missing")),
    }
}

pub(crate) fn parse(tenant: &Tenant, trusted: &Trusted) -> Result<Request, Wrong> {
    request::response_mode(&trusted.params)?;
    let client = &trusted.client;
    let asked: Vec<&str> = trusted.params.all("resource").collect();
    let protection = code_protection::required(&client.metadata, code_protection::is_agent(client, &asked));
    let mut request = Request::parse(&trusted.params, &client.metadata, &tenant.issuer, protection)?;
    request.scopes = offers::fitting(client, request.scopes, &request.resources);
    match request.scopes.is_empty() {
        true => Err((Code::InvalidScope, "none of the scopes is for that resource")),
        false => Ok(request),
    }
}

/// Keeps a request under an id of its own.
pub(crate) async fn keep(
    cx: &Cx,
    tenant: &Tenant,
    trusted: &Trusted,
    kind: &str,
    seconds: i64,
) -> Result<String, Fault> {
    let id = cx.secret();
    let row = store::authorization_requests::PendingRequest {
        client_id: trusted.client.id.clone(),
        kind: kind.to_owned(),
        parameters: trusted.params.encoded(),
        created_at: trusted.asked_at,
        expires_at: cx.now.plus(seconds),
    };
    cx.db.run(vec![store::authorization_requests::insert(&tenant.id, &stored(&id), &row)]).await?;
    Ok(id)
}

/// Counts a request that is kept for a caller who proved nothing, by address.
pub(crate) async fn limit(cx: &Cx, tenant: &Tenant) -> Result<(), Error> {
    let object = throttle::of_address(cx, format_args!("{}:authorize", tenant.id));
    throttle::window(cx, object, 300, 60).await.map(drop)
}

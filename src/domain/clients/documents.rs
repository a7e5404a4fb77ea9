//! Clients that no administrator made and that did not register: their `client_id` is the URL of a document that
//! describes them (Client ID Metadata Documents, draft-ietf-oauth-client-id-metadata-document).
//!
//! The document is fetched as a stranger's when an authorization request names it, and written down as a client, whose
//! description is used as long as the document's `Cache-Control` allows. What it says may change at any time: where that
//! makes it another client, its users are asked for consent again.

use std::rc::Rc;

use serde_json::{Map, Value};

use crate::crypto::secret::sha256;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::clients::new_clients::count_new;
use crate::domain::clients::redirect_uris::may_be_registered;
use crate::domain::clients::registry::{self, Client};
use crate::domain::clients::rules;
use crate::domain::gateway::origins;
use crate::domain::outbound::documents::{Fetched, fetch, fetch_again};
use crate::domain::outbound::{guard, may_be_asked};
use crate::domain::refusal::{Error, Refusal, oauth};
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::model::client::{AUTHORIZATION_CODE, AuthMethod, DEVICE_CODE, Described, Metadata, REFRESH_TOKEN};
use crate::model::document_id::{is_url, row_id};
use crate::model::scope::OPENID;
use crate::model::web_uri::host_of;
use crate::model::{json, name};
use crate::oidc::error::Code;
use crate::ports::http::Reach;
use crate::store::clients::{Document, NO_TOKEN};
use crate::store::{self, json_text};

/// The most bytes of a document (§8.6 recommends five kilobytes).
const MOST_BYTES: usize = 5 * 1024;

/// The longest URL: it is in every token.
const LONGEST_URL: usize = 500;

/// The client that a request names, with its document as it is now.
///
/// # Errors
/// `invalid_request` with why there is no document, or none that describes a client; [`Refusal::Limited`].
pub(crate) async fn current(cx: &Cx, tenant: &Tenant, client_id: &str) -> Result<Option<Rc<Client>>, Error> {
    let known = registry::by_client_id(cx, tenant, client_id).await?;
    let fresh =
        |client: &Rc<Client>| client.document.as_ref().is_none_or(|document| cx.now < document.fresh_until);
    if !is_url(client_id) || !tenant.settings.takes_metadata_documents() || known.as_ref().is_some_and(fresh)
    {
        return Ok(known);
    }
    // A URL that has another spelling would be another client (§3, §4.1).
    let url = guard::clear(client_id, Reach::Stranger, &cx.config).ok();
    if client_id.len() > LONGEST_URL || url.is_none_or(|url| url.as_str() != client_id) {
        return Err(invalid("client_id is no URL that a document can be at"));
    }
    let fetched = fetch(cx, client_id, Reach::Stranger, MOST_BYTES).await?;
    let described = match describe(cx, client_id, &fetched).await? {
        Ok(described) => described,
        // It may have been put right meanwhile: what is wrong is not remembered longer than a failure is.
        Err(_) => {
            let fetched = fetch_again(cx, client_id, Reach::Stranger, MOST_BYTES).await?;
            describe(cx, client_id, &fetched).await?.map_err(invalid)?
        }
    };
    write(cx, tenant, client_id, known.as_deref(), described, &fetched).await?;
    Ok(registry::by_client_id(cx, tenant, client_id).await?)
}

fn invalid(what: impl Into<String>) -> Error {
    oauth(Code::InvalidRequest, what)
}

/// What a document says of its client, within what a client can have that no administrator made; else why it says none.
async fn describe(cx: &Cx, url: &str, fetched: &Fetched) -> Result<Result<Described, String>, Error> {
    let body = match &fetched.body {
        Ok(body) => body,
        Err(unanswered) => {
            return Ok(Err(format!("the client's metadata document could not be fetched: {unanswered}")));
        }
    };
    let wrong = |what: &str| Ok(Err(format!("the client's metadata document is not right: {what}")));
    let Ok(Value::Object(mut members)) = json::parse(body) else { return wrong("it is no JSON object") };
    // §4.1: simple string comparison.
    if members.remove("client_id").as_ref().and_then(Value::as_str) != Some(url) {
        return wrong("client_id is not its URL");
    }
    if let Err(what) = narrow_members(&mut members) {
        return wrong(what);
    }
    let mut described = match Described::read(members) {
        Ok(described) => described,
        Err((member, _)) => return wrong(&format!("{member} has the wrong type")),
    };
    let metadata = &mut described.metadata;
    narrow(metadata);
    for uri in [
        &mut metadata.client_uri,
        &mut metadata.logo_uri,
        &mut metadata.tos_uri,
        &mut metadata.policy_uri,
        &mut metadata.backchannel_logout_uri,
    ] {
        if let Some(text) = uri.as_deref()
            && !may_be_asked(cx, text, Reach::Stranger).await?
        {
            *uri = None;
        }
    }
    if let Some(keys) = &metadata.jwks_uri
        && !may_be_asked(cx, keys, Reach::Stranger).await?
    {
        return wrong("jwks_uri is no address that may be asked");
    }
    let plain =
        |text: &String| name::parse(text, name::LONGEST).is_ok() && name::check_unvouched(text).is_ok();
    described.name = described.name.filter(plain);
    match rules::check(&mut described) {
        Ok(()) => Ok(Ok(described)),
        Err(Error::Refused(Refusal::Invalid(problems))) => {
            let first = problems.first();
            let what = first.map(|problem| format!("{}: {}", problem.field, problem.reason));
            wrong(&what.unwrap_or_default())
        }
        Err(other) => Err(other),
    }
}

/// No secret can be shared in a document (§4.1); a method that is not said is none.
fn narrow_members(members: &mut Map<String, Value>) -> Result<(), &'static str> {
    if ["client_secret", "client_secret_expires_at"].iter().any(|name| members.contains_key(*name)) {
        return Err("it has a secret");
    }
    match members.get("token_endpoint_auth_method").and_then(Value::as_str) {
        None => {
            members.insert("token_endpoint_auth_method".into(), "none".into());
            Ok(())
        }
        Some("none" | "private_key_jwt") => Ok(()),
        Some(_) => Err("token_endpoint_auth_method is none or private_key_jwt"),
    }
}

/// Leaves out what such a client cannot have here, and others may: a document is for every authorization server.
fn narrow(metadata: &mut Metadata) {
    metadata.require_consent = true;
    metadata.require_pkce = Some(true);
    metadata.roles.clear();
    metadata.resources.clear();
    let grants = [AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE];
    metadata.grant_types.retain(|grant| grants.contains(&grant.as_str()));
    metadata.response_types = vec!["code".into()];
    if !metadata.grants(AUTHORIZATION_CODE) {
        metadata.response_types.clear();
    }
    let scopes = metadata.scope.split_ascii_whitespace().filter(|scope| OPENID.contains(scope));
    metadata.scope = scopes.collect::<Vec<_>>().join(" ");
    // An application's own schemes are among them as well.
    metadata.application_type = "native".into();
    metadata.redirect_uris.retain(|uri| may_be_registered(uri, true));
    metadata.post_logout_redirect_uris.retain(|uri| may_be_registered(uri, true));
    if metadata.token_endpoint_auth_method == AuthMethod::None {
        metadata.jwks = None;
        metadata.jwks_uri = None;
    }
}

/// Writes a client down as its document describes it.
async fn write(
    cx: &Cx,
    tenant: &Tenant,
    url: &str,
    was: Option<&Client>,
    described: Described,
    fetched: &Fetched,
) -> Result<(), Error> {
    let id = row_id(&tenant.id, url, sha256).into_owned();
    let fresh_until = fetched.fresh_until;
    let client = Client {
        tenant_id: tenant.id.clone(),
        name: described.name.or_else(|| host_of(url)).unwrap_or_else(|| id.clone()),
        text: json_text(&described.metadata),
        metadata: described.metadata,
        secret_hash: None,
        registration_hash: Some(NO_TOKEN.into()),
        created_at: cx.now,
        document: Some(Document { url: url.to_owned(), fresh_until }),
        offers: Vec::new(),
        mcp_resources: Vec::new(),
        id: id.clone(),
    };
    if was.is_some_and(|was| was.text == client.text && was.name == client.name) {
        cx.db.run(vec![store::clients::keep_description(&tenant.id, &id, fresh_until)]).await?;
        cx.memory.invalidate(Invalidation::Client(&id));
        return Ok(());
    }
    if was.is_none() {
        count_new(cx, tenant).await?;
    }
    let mut change = Change::new(cx, &tenant.id, Entry::ok("client.described").by(&id).on(&id).saying(url));
    change.take(store::clients::describe(&client));
    change.then(store::client_origins::delete(&tenant.id, &id));
    change.then(store::client_origins::insert(&tenant.id, &id, &origins::of(&client.metadata)));
    if was.is_some_and(|was| is_another(was, &client)) {
        change.then(store::consents::forget_of_client(&tenant.id, &id));
    }
    change.invalidates(Invalidation::Client(&id));
    change.commit().await?;
    Ok(())
}

/// Whether people would agree to something else than they did: it goes by another name, sends them elsewhere, or proves
/// who it is in another way (§8.3). New keys alone are good practice.
fn is_another(was: &Client, now: &Client) -> bool {
    was.name != now.name
        || was.metadata.redirect_uris != now.metadata.redirect_uris
        || was.metadata.token_endpoint_auth_method != now.metadata.token_endpoint_auth_method
}

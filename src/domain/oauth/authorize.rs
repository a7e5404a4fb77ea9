//! The authorization endpoint's decision (RFC 6749 §4.1, OpenID Connect Core 1.0 §3.1.2): whether the person
//! in front of the browser signs in, agrees, or goes back to the client with a code.
//!
//! A request that must wait for its person is kept, and comes back by its id: so what was asked, and when,
//! cannot be changed on the way.

use std::rc::Rc;

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::oauth::codes;
use crate::domain::oauth::consents::{self, Agreed};
use crate::domain::oauth::reauthentication::{Fresh, Quality, fresh, person, quality};
use crate::domain::oauth::trusted_request::{
    REQUEST_URI, Trusted, keep, limit, load, parse, redirect_uri, trust,
};
use crate::domain::refusal::{Error, oauth};
use crate::domain::tenants::Tenant;
use crate::domain::throttle::lookups;
use crate::model::public_address::is_this_machine;
use crate::model::scope::Scopes;
use crate::oidc::error::Code;
use crate::oidc::params::Params;
use crate::oidc::request::{self, Prompt, Request, ResponseMode, Wrong};
use crate::ports::Fault;
use crate::store;
use crate::store::clients::Client;
use crate::store::sessions::Live;

/// How long a pushed request waits for its use, in seconds.
pub(crate) const PUSHED_SECONDS: i64 = 90;

/// How long a request waits for its person, in seconds.
const WAITING_SECONDS: i64 = 3_600;

/// An answer to the client, by way of the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Back {
    /// Where to; it is registered.
    pub(crate) redirect_uri: String,
    /// How.
    pub(crate) mode: ResponseMode,
    /// What.
    pub(crate) params: Vec<(&'static str, String)>,
}

/// A request whose person signs in first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignIn {
    /// What pages carry the request by.
    pub(crate) request: String,
    /// The identity provider to sign in with, the client thinks.
    pub(crate) idp_hint: Option<String>,
    /// Who they are, the client thinks.
    pub(crate) login_hint: Option<String>,
}

/// What the browser is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Show a page of ours: its path.
    Page(String),
    /// Have the person sign in.
    SignIn(SignIn),
    /// Go back to the client.
    Back(Back),
}

/// A request that waits for its person.
pub(crate) struct PendingAuthorization {
    pub(crate) id: String,
    pub(crate) client: Rc<Client>,
    /// What is asked.
    pub(crate) request: Request,
    /// What else than the issuer its tokens are for.
    pub(crate) resources: Vec<String>,
    redirect_uri: String,
}

impl PendingAuthorization {
    /// The path to go to when the person has signed in.
    pub(crate) fn resume(&self, tenant: &Tenant) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", self.client.client_id())
            .append_pair("request_uri", &format!("{REQUEST_URI}{}", self.id))
            .finish();
        format!("/tenant/{}/oauth2/authorize?{query}", tenant.id)
    }

    /// Whether the browser goes on to a program of the user's own machine.
    pub(crate) fn stays_on_the_machine(&self) -> bool {
        url::Url::parse(&self.redirect_uri).is_ok_and(|url| is_this_machine(&url))
    }

    /// Where forms may lead to besides us, as CSP's `form-action` names it: browsers hold redirects after a
    /// form to it as well.
    pub(crate) fn form_action(&self) -> String {
        form_action(&self.redirect_uri)
    }
}

/// A redirect URI's origin, or its scheme if that has none.
pub(crate) fn form_action(redirect_uri: &str) -> String {
    match url::Url::parse(redirect_uri) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => String::new(),
    }
}

/// Decides on an authorization request; `cookie` is the session cookie's value.
///
/// # Errors
/// [`Refusal::OAuth`] for what must not be told to the client but to the person: a client or a redirect URI
/// that is not registered.
///
/// [`Refusal::OAuth`]: crate::domain::refusal::Refusal::OAuth
pub(crate) async fn decide(
    cx: &Cx,
    tenant: &Tenant,
    params: Params,
    cookie: Option<&str>,
) -> Result<Outcome, Error> {
    let repeats = params.repeated().is_some();
    let trusted = trust(cx, tenant, params).await?;
    let back = |wrong: Wrong| Ok(Outcome::Back(refuse(tenant, &trusted, wrong)));
    if repeats {
        return back((Code::InvalidRequest, "a parameter comes more than once"));
    }
    let pushed_only = trusted.client.metadata.require_pushed_authorization_requests;
    if pushed_only && trusted.id.is_none() {
        return back((Code::InvalidRequest, "the client pushes its requests (RFC 9126)"));
    }
    let request = match parse(tenant, &trusted) {
        Ok(request) => request,
        Err(wrong) => return back(wrong),
    };
    let person = person(cx, tenant, cookie).await?;
    let live = match fresh(cx, tenant, &request, trusted.asked_at, person).await? {
        Fresh::Yes(live) => live,
        Fresh::Wrong(wrong) => return back(wrong),
        Fresh::No if request.asks(Prompt::None) => {
            return back((Code::LoginRequired, "nobody is signed in, or not recently enough"));
        }
        Fresh::No if request.asks(Prompt::Create) => return wait(cx, tenant, &trusted, "register").await,
        Fresh::No => {
            let id = keep_waiting(cx, tenant, &trusted).await?;
            let idp_hint = trusted.params.get("idp_hint").map(str::to_owned);
            return Ok(Outcome::SignIn(SignIn { request: id, idp_hint, login_hint: request.login_hint }));
        }
    };
    match quality(tenant, &request, &live) {
        Quality::Wrong(wrong) => return back(wrong),
        Quality::StepUp { essential: true } if request.asks(Prompt::None) => {
            return back((Code::InteractionRequired, "the user has not proved a second factor yet"));
        }
        // `prompt=none` allows no page, so a voluntary `acr` is ignored (OpenID Connect Core §5.5.1.1).
        Quality::StepUp { essential: false } if request.asks(Prompt::None) => {}
        Quality::StepUp { .. } => return wait(cx, tenant, &trusted, "mfa").await,
        Quality::Enough => {}
    }
    if asks_consent(cx, tenant, &trusted, &request, &live).await? {
        if request.asks(Prompt::None) {
            return back((Code::ConsentRequired, "the user has not agreed yet"));
        }
        return wait(cx, tenant, &trusted, "consent").await;
    }
    grant(cx, tenant, &trusted, &request, &live, None).await
}

/// Checks a request that its client pushes, and keeps it; its `request_uri` (RFC 9126 §2).
///
/// # Errors
/// What [`decide`] would tell the person or the client.
pub(crate) async fn push(
    cx: &Cx,
    tenant: &Tenant,
    client: &Rc<Client>,
    params: Params,
    jkt: Option<String>,
) -> Result<String, Error> {
    if params.get("request_uri").is_some() {
        return Err(oauth(Code::InvalidRequest, "request_uri cannot be pushed"));
    }
    if params.get("client_id").is_some_and(|id| id != client.client_id()) {
        return Err(oauth(Code::InvalidRequest, "client_id is another client's"));
    }
    let secrets = ["client_secret", "client_assertion", "client_assertion_type", "client_id"];
    let mut params = params.without(&secrets);
    // RFC 9449 §10.1: a proof says the same as the parameter.
    if let Some(jkt) = jkt {
        if params.get("dpop_jkt").is_some_and(|said| said != jkt) {
            return Err(oauth(Code::InvalidDpopProof, "dpop_jkt is not the key of the DPoP proof"));
        }
        params = params.without(&["dpop_jkt"]).with("dpop_jkt", &jkt);
    }
    let redirect_uri = redirect_uri(client, &params)?;
    let trusted = Trusted { client: client.clone(), redirect_uri, params, asked_at: cx.now, id: None };
    if let Err((code, description)) = parse(tenant, &trusted) {
        return Err(oauth(code, description));
    }
    if client.metadata.is_public() {
        limit(cx, tenant).await?;
    }
    let id = keep(cx, tenant, &trusted, "pushed", PUSHED_SECONDS).await?;
    Ok(format!("{REQUEST_URI}{id}"))
}

/// The request that waits under that id.
pub(crate) async fn pending_authorization(
    cx: &Cx,
    tenant: &Tenant,
    id: &str,
) -> Result<Option<PendingAuthorization>, Fault> {
    let Some(trusted) = load(cx, tenant, id, "waiting").await? else {
        lookups::note_unknown(cx);
        return Ok(None);
    };
    let Ok(request) = parse(tenant, &trusted) else { return Ok(None) };
    let Trusted { client, redirect_uri, .. } = trusted;
    let resources = named_resources(tenant, &request);
    Ok(Some(PendingAuthorization { id: id.to_owned(), client, request, resources, redirect_uri }))
}

/// The person agreed, or not. A user who is not signed in (any more) signs in first.
///
/// # Errors
/// [`Refusal::OAuth`](crate::domain::refusal::Refusal::OAuth) if nothing waits under that id.
pub(crate) async fn take_consent(
    cx: &Cx,
    tenant: &Tenant,
    cookie: Option<&str>,
    id: &str,
    allow: bool,
) -> Result<Outcome, Error> {
    let gone = || oauth(Code::InvalidRequestUri, "the request is over: go back and begin anew");
    let trusted = load(cx, tenant, id, "waiting").await?.ok_or_else(gone)?;
    let request = parse(tenant, &trusted).map_err(|(code, description)| oauth(code, description))?;
    let person = person(cx, tenant, cookie).await?;
    let Fresh::Yes(live) = fresh(cx, tenant, &request, trusted.asked_at, person).await? else {
        return wait(cx, tenant, &trusted, "login").await;
    };
    if !allow {
        let entry = Entry::failed("consent.denied").by(&live.user.id).on(&trusted.client.id);
        // What was refused is not allowed afterwards.
        let mut change = Change::new(cx, &tenant.id, entry);
        change.then(store::authorization_requests::take(&stored(id), cx.now));
        change.commit().await?;
        let wrong = (Code::AccessDenied, "the user did not agree");
        return Ok(Outcome::Back(refuse(tenant, &trusted, wrong)));
    }
    // The session may now be another user's, or lack the second factor.
    match quality(tenant, &request, &live) {
        Quality::Wrong(wrong) => return Ok(Outcome::Back(refuse(tenant, &trusted, wrong))),
        Quality::StepUp { .. } => return wait(cx, tenant, &trusted, "mfa").await,
        Quality::Enough => {}
    }
    let had = consents::agreed(cx, &live.user.id, &trusted.client.id).await?;
    let now = to_agree_to(tenant, &trusted.client, &request);
    grant(cx, tenant, &trusted, &request, &live, Some(JustAgreed { had, now })).await
}

/// Whether other programs can pass for the client: it proves nothing, its name is public, and it is on the user's machine.
pub(crate) fn is_impersonable(client: &Client, redirect_uri: &str) -> bool {
    client.document.is_some() && client.metadata.is_public() && !redirect_uri.starts_with("https://")
}

/// What a request's person agrees to.
fn to_agree_to(tenant: &Tenant, client: &Client, request: &Request) -> Agreed {
    let scopes = Scopes::of(&request.scopes_to_agree_to(&client.metadata));
    Agreed { scopes, resources: named_resources(tenant, request) }
}

/// What else than the issuer a request's tokens are for.
fn named_resources(tenant: &Tenant, request: &Request) -> Vec<String> {
    request.resources.iter().filter(|resource| **resource != tenant.issuer).cloned().collect()
}

async fn asks_consent(
    cx: &Cx,
    tenant: &Tenant,
    trusted: &Trusted,
    request: &Request,
    live: &Live,
) -> Result<bool, Fault> {
    let client = trusted.client.as_ref();
    // Any program of the user's machine can listen there under a name that everybody knows (RFC 8252 §8.6).
    if request.asks(Prompt::Consent) || is_impersonable(client, &trusted.redirect_uri) {
        return Ok(true);
    }
    if !client.metadata.require_consent {
        return Ok(false);
    }
    let known = consents::agreed(cx, &live.user.id, &client.id).await?;
    Ok(known.is_none_or(|known| !known.holds(&to_agree_to(tenant, client, request))))
}

/// Shows a page and has the request wait for its end.
async fn wait(cx: &Cx, tenant: &Tenant, trusted: &Trusted, page: &str) -> Result<Outcome, Error> {
    let id = keep_waiting(cx, tenant, trusted).await?;
    Ok(Outcome::Page(format!("/tenant/{}/{page}?request={id}", tenant.id)))
}

/// Has a request wait for its person: anew even if it waited already, as another person may have signed in meanwhile.
async fn keep_waiting(cx: &Cx, tenant: &Tenant, trusted: &Trusted) -> Result<String, Error> {
    limit(cx, tenant).await?;
    Ok(keep(cx, tenant, trusted, "waiting", WAITING_SECONDS).await?)
}

/// What the person has just agreed to, beside what they had agreed to before.
struct JustAgreed {
    had: Option<Agreed>,
    now: Agreed,
}

/// Back to the client with a code (RFC 6749 §4.1.2, RFC 9207 §2).
async fn grant(
    cx: &Cx,
    tenant: &Tenant,
    trusted: &Trusted,
    request: &Request,
    live: &Live,
    agreed: Option<JustAgreed>,
) -> Result<Outcome, Error> {
    let terms = codes::Terms {
        redirect_uri: trusted.redirect_uri.clone(),
        redirect_uri_sent: trusted.params.get("redirect_uri").is_some(),
        code_challenge: request.code_challenge.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        nonce: request.nonce.clone(),
        scopes: request.scopes.clone(),
        resources: tenant.audiences_to_store(&request.resources),
        claims: request.claims.clone(),
    };
    let (user_id, client_id) = (&live.user.id, &trusted.client.id);
    let (code, mut change) = codes::new(cx, tenant, &trusted.client, live, &terms);
    if let Some(JustAgreed { had, now }) = agreed {
        let said = [vec![now.scopes.list()], now.resources.clone()].concat().join(" for ");
        let entry = Entry::ok("consent.given").by(user_id).on(client_id).saying(said);
        change
            .then(store::consents::give(&tenant.id, user_id, client_id, had.as_ref(), &now, cx.now))
            .log(&tenant.id, entry);
    }
    change.commit().await?;
    Ok(Outcome::Back(back(tenant, trusted, vec![("code", code)])))
}

fn refuse(tenant: &Tenant, trusted: &Trusted, (code, description): Wrong) -> Back {
    let params = vec![("error", code.name().to_owned()), ("error_description", description.to_owned())];
    back(tenant, trusted, params)
}

fn back(tenant: &Tenant, trusted: &Trusted, mut params: Vec<(&'static str, String)>) -> Back {
    if let Some(state) = trusted.params.get("state") {
        params.push(("state", state.to_owned()));
    }
    params.push(("iss", tenant.issuer.clone()));
    let mode = request::response_mode(&trusted.params).unwrap_or(ResponseMode::Query);
    Back { redirect_uri: trusted.redirect_uri.clone(), mode, params }
}

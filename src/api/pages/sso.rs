//! What browsers see of signing in with a provider: where it leads on to, why it did not work, and the page that asks for
//! a local factor before an identity is linked.

use std::rc::Rc;

use askama::Template;

use crate::api::pages::form::{Fields, set_cookie};
use crate::api::pages::form_post::send;
use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::notice::Notice;
use crate::api::pages::place::{Place, browser, encode, is_local};
use crate::api::pages::words::{self, Problem};
use crate::api::wording::{with_headers, word};
use crate::cx::Cx;
use crate::domain::clients;
use crate::domain::federation::begin::{Demand, Onward};
use crate::domain::federation::finish::Arrived;
use crate::domain::federation::linking::{self, PendingLink};
use crate::domain::federation::pending::{self, Purpose};
use crate::domain::providers::Usable;
use crate::domain::refusal::{Error, Federation, Refusal, invalid};
use crate::domain::saml::sign_out::{self, Begun, Cookie};
use crate::domain::session::channel::Channel;
use crate::domain::session::principal::OwnSession;
use crate::domain::session::recency::{self, Lasting};
use crate::domain::session::{principal, sessions};
use crate::domain::sign_in::{self, Attempt, Step};
use crate::domain::tenants::Tenant;
use crate::http::guard::Answer;
use crate::http::request::{Call, Request};
use crate::http::response::Response;

/// The cookie that holds an identity which waits for a local factor.
const LINK: &str = "__Host-portcullis-link";

/// A cookie of a sign-in with a provider; gone at once if it lives for no time.
pub(crate) fn cookie(name: &str, value: &str, seconds: i64) -> String {
    set_cookie(name, value, seconds)
}

/// The same for one that forms of other sites bring: it binds a SAML sign-in to its browser, and is good for nothing else.
pub(crate) fn cross_site_cookie(name: &str, value: &str, seconds: i64) -> String {
    set_cookie(name, value, seconds).replace("SameSite=Lax", "SameSite=None")
}

/// Sends a browser to a provider, to sign out there.
pub(crate) fn leave_for_provider(request: &Request, begun: &Begun) -> Answer {
    let answer = send(request, &begun.sending)?;
    Ok(match &begun.cookie {
        Some(Cookie { name, value, is_cross_site: true }) => {
            answer.with("set-cookie", cross_site_cookie(name, value, pending::SECONDS))
        }
        Some(Cookie { name, value, .. }) => answer.with("set-cookie", cookie(name, value, pending::SECONDS)),
        None => answer,
    })
}

/// Where a browser goes on to that comes back from signing out at an OpenID provider, to the sign-in page.
pub(super) async fn come_back(cx: &Cx, call: &Call<'_>) -> Result<Option<Response>, Error> {
    let Some(state) = call.query("state") else { return Ok(None) };
    let name = pending::cookie_name(&state);
    let Some(held) = call.request.headers.cookie(&name) else { return Ok(None) };
    let back = sign_out::come_back(cx, &call.resolved.tenant, &state, held).await?;
    Ok(back.map(|back| Response::see_other(&back).with("set-cookie", cookie(&name, "", 0))))
}

/// The browser that comes back from a provider.
pub(crate) fn channel<'a>(call: &'a Call<'_>) -> Channel<'a> {
    browser(call)
}

/// How a sign-in with a provider is asked for.
pub(crate) struct Asked {
    pub(crate) onward: Onward,
    pub(crate) demand: Demand,
    /// Who the person is, as far as that is said.
    pub(crate) login_hint: Option<String>,
}

/// Reads how a sign-in is asked for, from a page's address.
///
/// # Errors
/// [`Refusal::Invalid`] for a place to return to that is neither of this origin nor a client's redirect URI;
/// [`Refusal::LinkDead`] for a client's request that waits no more.
pub(crate) async fn asked(cx: &Cx, call: &Call<'_>) -> Result<Asked, Error> {
    let return_to = match call.query("return_to").filter(|to| !to.is_empty()) {
        Some(to) => Some(place_to_return(cx, call, to).await?),
        None => None,
    };
    let place = Place::of(cx, call, None).await?;
    let mut demand = place.asked.as_ref().map(|asked| asked.demand).unwrap_or_default();
    demand.anew |= call.query("anew").is_some();
    let hint = call.query("login_hint").filter(|hint| !hint.is_empty() && hint.len() <= 254);
    Ok(Asked {
        onward: Onward {
            return_to,
            request: place.asked.as_ref().map(|asked| asked.id.clone()),
            ui_locales: call.query("ui_locales").filter(|locales| locales.len() <= 100),
            to_program: false,
        },
        demand,
        login_hint: hint.or_else(|| place.asked.as_ref().and_then(|asked| asked.login_hint.clone())),
    })
}

/// A place to return to, if it is a path of this origin, an address of it, or a redirect URI that an administrator
/// registered for a client.
async fn place_to_return(cx: &Cx, call: &Call<'_>, to: String) -> Result<String, Error> {
    let tenant = &call.resolved.tenant;
    if is_local(&to) {
        return Ok(to);
    }
    let path = to.strip_prefix(&tenant.origin).filter(|path| is_local(path));
    if let Some(path) = path {
        return Ok(path.to_owned());
    }
    if clients::is_redirect_uri(cx, tenant, &to).await? {
        return Ok(to);
    }
    Err(invalid("return_to", "a path of this origin, or a redirect URI of a client"))
}

/// Where a sign-in that comes back from a provider stands. What it waited for may be over by now.
async fn place_of(cx: &Cx, call: &Call<'_>, onward: &Onward) -> Result<Place, Error> {
    place_in(cx, call, call.resolved.tenant.clone(), onward).await
}

/// The same in the tenant of the person: one that the request does not name is not home's for sure.
async fn place_in(cx: &Cx, call: &Call<'_>, tenant: Rc<Tenant>, onward: &Onward) -> Result<Place, Error> {
    let said = |name: &str| match name {
        "request" => onward.request.clone(),
        "return_to" => onward.return_to.clone(),
        "ui_locales" => onward.ui_locales.clone(),
        "own" => Some("1".to_owned()),
        _ => None,
    };
    let mut place = match Place::in_tenant(cx, call, tenant.clone(), &said).await {
        Err(Error::Refused(Refusal::LinkDead)) => {
            let but_the_request = |name: &str| said(name).filter(|_| name != "request");
            Place::in_tenant(cx, call, tenant.clone(), &but_the_request).await?
        }
        other => other?,
    };
    // It was looked at before it was sealed.
    place.return_to.clone_from(&onward.return_to);
    Ok(place)
}

/// Answers a browser whose person comes from a provider: on to what comes after, to the second factor, or to the page
/// that asks for a local one.
pub(crate) async fn answer(
    cx: &Cx,
    call: &Call<'_>,
    usable: &Usable,
    onward: &Onward,
    arrived: Arrived,
) -> Answer {
    let tenant = match &arrived {
        Arrived::On(Step::SignedIn(signed_in), _) => signed_in.tenant.clone(),
        Arrived::On(Step::Second(waiting), _) => waiting.tenant.clone(),
        Arrived::Ask(_) => call.resolved.tenant.clone(),
    };
    let mut place = place_in(cx, call, tenant, onward).await?;
    match arrived {
        Arrived::On(step, _) => {
            if matches!(step, Step::Second(_)) {
                by_a_path_of_ours(&mut place);
            }
            place.step(call, step)
        }
        Arrived::Ask(pending) => {
            let sealed =
                pending::seal(cx, &call.resolved.tenant, &usable.provider.id, Purpose::Link, &pending)?;
            let page = link_page(&place, usable, &pending, None, None, 409)?;
            Ok(page.with("set-cookie", set_cookie(LINK, &sealed, linking::SECONDS)))
        }
    }
}

/// Pages carry on paths of this origin alone: a client's redirect URI goes by a page that looks it up once more.
fn by_a_path_of_ours(place: &mut Place) {
    if let Some(to) = place.return_to.take_if(|to| !is_local(to)) {
        place.return_to = Some(format!("/tenant/{}/sso/-/onward?to={}", place.tenant.id, encode(&to)));
    }
}

/// `/tenant/{tenant}/sso/{id}/onward`: to a client's redirect URI, after the second factor.
pub(crate) async fn onward(cx: &Cx, call: &Call<'_>) -> Answer {
    let to = call.query("to").unwrap_or_default();
    match clients::is_redirect_uri(cx, &call.resolved.tenant, &to).await? {
        true => Ok(Response::see_other(&to)),
        false => Err(Refusal::NotFound.into()),
    }
}

/// The page for a sign-in with a provider that did not work: why, and a way back. Nothing of the provider's stands there
/// but its error code.
pub(crate) async fn refused(
    cx: &Cx,
    call: &Call<'_>,
    provider_id: &str,
    onward: Option<&Onward>,
    refusal: &Refusal,
) -> Answer {
    let onward = onward.cloned().unwrap_or_default();
    let mut place = place_of(cx, call, &onward).await?;
    by_a_path_of_ours(&mut place);
    let m = place.m;
    let worded = word(refusal);
    let line = serde_json::json!({
        "level": "warn", "event": "sso.refused", "tenant": place.tenant.id, "provider": provider_id,
        "code": worded.code, "problem": worded.sentence,
    });
    cx.log.line(&line.to_string());
    let next = match refusal {
        Refusal::Federation(Federation::SsoRequired { start }) => (start.clone(), m.continue_organization),
        _ => (place.link("login"), m.back_to_sign_in),
    };
    let notice = Notice {
        m,
        tenant: Some(&place.tenant.name),
        title: words::title(m, worded.status),
        text: &words::sentence(m, refusal),
        next: Some(next),
    };
    Ok(with_headers(place.page(worded.status, &notice)?, refusal))
}

#[derive(Template)]
#[template(path = "link.html")]
struct Link<'a> {
    m: &'static Messages,
    place: &'a Place,
    title: String,
    text: String,
    /// The address of the account.
    email: &'a str,
    action: String,
    /// The page for every other way to sign in.
    other: String,
    /// Whether the account's user is signed in.
    signed_in: bool,
    problem: Option<Problem>,
}

fn link_path(tenant: &Tenant, provider_id: &str) -> String {
    format!("/tenant/{}/sso/{provider_id}/link", tenant.id)
}

fn link_page(
    place: &Place,
    usable: &Usable,
    pending: &PendingLink,
    session: Option<&OwnSession>,
    problem: Option<Problem>,
    status: u16,
) -> Answer {
    let (m, name) = (place.m, &usable.provider.spec.name);
    let action = link_path(&place.tenant, &usable.provider.id);
    let sentence = if session.is_some() { m.link_confirm } else { m.link_text };
    let page = Link {
        m,
        place,
        title: fill(m.link_title, "provider", name),
        text: fill(&fill(sentence, "email", &pending.email), "provider", name),
        email: &pending.email,
        other: format!("/tenant/{}/login?confirm=1&return_to={}", place.tenant.id, encode(&action)),
        action,
        signed_in: session.is_some(),
        problem,
    };
    Ok(place.sign_in_page(status, &page)?)
}

/// The identity that waits in this browser.
async fn waiting(cx: &Cx, call: &Call<'_>, usable: &Usable) -> Result<PendingLink, Error> {
    let over = || Refusal::Federation(Federation::Forged("No identity waits in this browser to be linked"));
    let sealed = call.request.headers.cookie(LINK).ok_or_else(over)?;
    let tenant = &call.resolved.tenant;
    let pending: Option<PendingLink> = pending::open(cx, tenant, &usable.provider.id, Purpose::Link, sealed)?;
    Ok(pending.filter(|pending| pending.is_live(cx)).ok_or_else(over)?)
}

/// The session of the account's user, if they proved who they are lately.
async fn session_of(cx: &Cx, call: &Call<'_>, pending: &PendingLink) -> Result<Option<OwnSession>, Error> {
    let cookie = call.request.headers.cookie(sessions::COOKIE);
    let session = principal::browser(cx, &call.resolved, cookie).await?;
    let Some(session) = session.filter(|session| session.user.id == pending.user_id) else { return Ok(None) };
    match recency::require(cx, &session, Lasting::Factor).await {
        Ok(()) => Ok(Some(session)),
        Err(Error::Refused(_)) => Ok(None),
        Err(broken) => Err(broken),
    }
}

/// The page that asks for a local factor, or for a yes of who has proved one.
pub(crate) async fn show_link(cx: &Cx, call: &Call<'_>, usable: &Usable) -> Answer {
    let pending = waiting(cx, call, usable).await?;
    let place = place_of(cx, call, &pending.onward).await?;
    let session = session_of(cx, call, &pending).await?;
    link_page(&place, usable, &pending, session.as_ref(), None, 200)
}

/// Links the identity that waits to the account of who proves a local factor, or has done so lately.
pub(crate) async fn submit_link(cx: &Cx, call: &Call<'_>, usable: &Usable) -> Answer {
    let fields = Fields::of(call).await?;
    let pending = waiting(cx, call, usable).await?;
    let (tenant, provider_id) = (&call.resolved.tenant, &usable.provider.id);
    let mut place = place_of(cx, call, &pending.onward).await?;
    let done = |answer: Response| answer.with("set-cookie", set_cookie(LINK, "", 0));
    if let Some(session) = session_of(cx, call, &pending).await? {
        pending.finish(cx, tenant, provider_id, &session.user.id).await?;
        return Ok(done(place.go_on(call)));
    }
    let attempt = Attempt { email: &pending.email, password: fields.get("password").unwrap_or_default() };
    match sign_in::with_password(cx, &call.resolved, attempt, browser(call)).await {
        Ok(Step::SignedIn(signed_in)) => {
            pending.finish(cx, tenant, provider_id, &signed_in.user.id).await?;
            Ok(done(place.signed_in(&signed_in, place.go_on(call))))
        }
        // It is linked when that is proved as well.
        Ok(Step::Second(waiting)) => {
            place.asked = None;
            place.return_to = Some(link_path(tenant, provider_id));
            Ok(place.second(&waiting))
        }
        Err(Error::Refused(refusal)) => {
            let problem = Problem::of(place.m, &refusal);
            let status = problem.status;
            Ok(with_headers(link_page(&place, usable, &pending, None, Some(problem), status)?, &refusal))
        }
        Err(broken) => Err(broken),
    }
}

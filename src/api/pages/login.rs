//! `/tenant/{tenant}/login`: the form, and signing a browser in.

use std::rc::Rc;

use askama::Template;
use futures_util::future::join;

use crate::api::pages::form::{Fields, set_cookie};
use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::place::{Place, browser, encode};
use crate::api::pages::sso;
use crate::api::pages::words::Problem;
use crate::api::webauthn::{self, RequestOptions};
use crate::api::wording::with_headers;
use crate::cx::Cx;
use crate::domain::providers::{self, Usable};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::{principal, sessions};
use crate::domain::sign_in::{self, Attempt, passkeys};
use crate::domain::templates;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::email::Email;
use crate::model::identity_provider::Kind;

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    m: &'static Messages,
    place: &'a Place,
    email: &'a str,
    problem: Option<Problem>,
    /// Whether the address waits to be confirmed.
    unverified: bool,
    /// What a browser needs to sign in with a passkey.
    options: Option<String>,
    /// The providers that one can sign in with: where that begins, and what they are called.
    providers: Vec<(String, String)>,
    /// Whether the address alone is asked for first: that of an organisation goes to its provider.
    address_first: bool,
}

/// What a problem is about that an address waits to be confirmed: no field, but a mail.
const UNVERIFIED: &str = "unverified";

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    if let Some(answer) = sso::come_back(cx, call).await? {
        return Ok(answer);
    }
    let place = Place::of(cx, call, None).await?;
    let typed = call.query("login_hint").filter(|hint| hint.len() <= 254);
    let hint = typed.as_deref().or_else(|| place.asked.as_ref()?.login_hint.as_deref());
    // Back from a second factor that took too long.
    let over = call.query("over").map(|_| place.m.refused_challenge);
    // A signed-in user confirms that it is them.
    let confirm = call.query("confirm").map(|_| place.m.confirm_identity);
    let cookie = call.request.headers.cookie(sessions::COOKIE).filter(|_| confirm.is_some());
    let known = principal::browser(cx, &call.resolved, cookie).await?;
    let known = known.as_ref().map(|session| session.user.email.as_str());
    let problem = over.or(confirm).map(|text| Problem::saying(200, text.to_owned(), ""));
    page(cx, call, &place, hint.or(known).unwrap_or_default(), problem).await
}

/// The tenant's own page, or ours.
pub(super) async fn page(
    cx: &Cx,
    call: &Call<'_>,
    place: &Place,
    email: &str,
    problem: Option<Problem>,
) -> Answer {
    let status = problem.as_ref().map_or(200, |problem| problem.status);
    let own = templates::look_ahead(cx, &place.tenant, "login");
    let (usable, own) = join(providers::all_enabled(cx, &place.tenant), own).await;
    own?;
    let usable = usable?;
    let start = |id: &str| match call.query("confirm") {
        Some(_) => place.link_with(&format!("sso/{id}"), "anew=1"),
        None => place.link(&format!("sso/{id}")),
    };
    let url_of = |of: fn(&Kind) -> bool| {
        let found = usable.iter().find(|one| of(&one.provider.spec.kind));
        found.map(|one| start(&one.provider.id)).unwrap_or_default()
    };
    let google = url_of(|kind| matches!(kind, Kind::Google(_)));
    let microsoft = url_of(|kind| matches!(kind, Kind::Microsoft(_)));
    let github = url_of(|kind| matches!(kind, Kind::Github(_)));
    let organization = url_of(Kind::is_organisations);
    let (action, forgot) = (place.action("login"), place.link("forgot"));
    let open = place.tenant.settings.allow_registration;
    let register = if open { place.link("register") } else { String::new() };
    let values = [
        ("action", action.as_str()),
        ("email", email),
        ("problem", problem.as_ref().map_or("", |problem| problem.sentence.as_str())),
        ("forgot_url", &forgot),
        ("register_url", &register),
        ("google_url", &google),
        ("microsoft_url", &microsoft),
        ("github_url", &github),
        ("organization_url", &organization),
    ];
    if let Some(own) = place.custom(cx, "login", status, &values).await? {
        return Ok(own);
    }
    // The page's ceremony is this browser's: no other site can have it answered with a passkey of its own. A browser
    // gets its secret with a page that it asks for, not with what a form is answered with.
    let there =
        call.request.headers.cookie(passkeys::COOKIE).filter(|secret| (20..=128).contains(&secret.len()));
    let fresh = (there.is_none() && call.request.method == "GET").then(|| cx.secret());
    let request = match there.or(fresh.as_deref()) {
        Some(browser) => passkeys::request_of_page(cx, &call.resolved, &call.request.host, browser).await,
        None => Err(Refusal::Forbidden.into()),
    };
    let options = match request {
        Ok(request) => Some(webauthn::text(&RequestOptions::from(request))?),
        Err(Error::Refused(_)) => None,
        Err(broken) => return Err(broken),
    };
    let unverified = problem.as_ref().is_some_and(|problem| problem.field == UNVERIFIED);
    let with = options.is_some();
    let routes = place.tenant.has_verified_domains();
    // Until an address was typed, whoever belongs to an organisation need not have a password here.
    let address_first = routes && email.is_empty() && problem.is_none();
    let named = |one: &Rc<Usable>| {
        (start(&one.provider.id), fill(place.m.continue_with, "provider", &one.provider.spec.name))
    };
    let login = Login {
        m: place.m,
        place,
        email,
        problem,
        unverified,
        options,
        providers: usable.iter().map(named).collect(),
        address_first,
    };
    let mut page = place.sign_in_page(status, &login)?;
    if routes {
        // The form may lead to a provider.
        page = page.with_forms_anywhere();
    }
    Ok(match fresh.filter(|_| with) {
        Some(browser) => {
            page.with("set-cookie", set_cookie(passkeys::COOKIE, &browser, passkeys::COOKIE_SECONDS))
        }
        None => page,
    })
}

/// Signs in and goes on with a fresh session: the one before, if any, is another's or over.
pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let place = &Place::of(cx, call, Some(&fields)).await?;
    let email = fields.get("email").unwrap_or_default();
    if fields.get("next").is_some() && fields.get("password").is_none_or(str::is_empty) {
        return Ok(next(place, email));
    }
    let step = match fields.credential()? {
        Some(credential) => {
            let host = &call.request.host;
            // A browser without the cookie was shown no page of ours, and has no ceremony.
            let shown_to = call.request.headers.cookie(passkeys::COOKIE).unwrap_or_default();
            passkeys::sign_in(cx, &call.resolved, host, &credential, Some(shown_to), browser(call)).await
        }
        None => {
            let attempt = Attempt { email: fields.need("email")?, password: fields.need("password")? };
            sign_in::with_password(cx, &call.resolved, attempt, browser(call)).await
        }
    };
    match step {
        Ok(step) => place.step(call, step),
        Err(Error::Refused(refusal)) => {
            let mut problem = Problem::of(place.m, &refusal);
            if refusal == Refusal::EmailUnverified && !email.is_empty() {
                problem.sentence = fill(place.m.unverified_text, "email", email);
                problem.field = UNVERIFIED;
            }
            Ok(with_headers(page(cx, call, place, email, Some(problem)).await?, &refusal))
        }
        Err(broken) => Err(broken),
    }
}

/// After the address: to the provider of its organisation, or to the page that asks for the password as well.
fn next(place: &Place, email: &str) -> Response {
    let parsed = Email::parse(email);
    let domain = parsed.as_ref().and_then(|email| place.tenant.verified_domain(email.domain()));
    let page = domain.map_or("login".to_owned(), |domain| format!("sso/{}", domain.provider_id));
    Response::see_other(&place.link_with(&page, &format!("login_hint={}", encode(email))))
}

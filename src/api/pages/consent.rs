//! `/tenant/{tenant}/consent`: asks a person whether a client may do what it asks for.

use askama::Template;

use crate::api::oauth;
use crate::api::pages::form::Fields;
use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::place::Place;
use crate::api::pages::scopes;
use crate::api::pages::waiting::About;
use crate::cx::Cx;
use crate::domain::oauth::authorize;
use crate::domain::refusal::Refusal;
use crate::domain::session::principal;
use crate::domain::session::sessions::COOKIE;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    m: &'static Messages,
    place: &'a Place,
    title: String,
    text: String,
    /// Who is signed in.
    who: String,
    scopes: Vec<String>,
    about: &'a About,
    site: String,
    /// Where the browser goes after that, in a sentence.
    to: String,
    /// Who describes the client, and that nobody can tell whether it is the one, in sentences.
    described: Option<String>,
    unproven: Option<String>,
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of(cx, call, None).await?;
    let Some(asked) = &place.asked else { return Err(Refusal::LinkDead.into()) };
    let m = place.m;
    let cookie = call.request.headers.cookie(COOKIE);
    let Some(session) = principal::browser(cx, &call.resolved, cookie).await? else {
        return Ok(Response::see_other(&place.link("login")));
    };
    let page = Consent {
        m,
        place,
        title: fill(m.consent, "client", &asked.client),
        text: fill(m.consent_text, "client", &asked.client),
        who: fill(m.consent_as, "email", &session.user.email),
        scopes: scopes::in_words(m, &asked.scopes, &asked.resources),
        about: &asked.about,
        site: fill(m.consent_site, "client", &asked.client),
        to: fill(m.consent_to, "host", host(&asked.form_action)),
        described: asked.about.document.as_ref().map(|host| fill(m.consent_document, "host", host)),
        unproven: asked.unproven.then(|| fill(m.consent_unproven, "client", &asked.client)),
    };
    let answer = place.page(200, &page)?;
    Ok(match &asked.about.logo {
        Some(logo) => answer.with_images_of(&authorize::form_action(logo)),
        None => answer,
    })
}

/// What of an origin or a scheme people can read: a host, or the scheme that opens an app.
fn host(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let allow = match fields.need("decision")? {
        "allow" => true,
        "deny" => false,
        _ => return Err(Refusal::Malformed("a decision is allow or deny".into()).into()),
    };
    let cookie = call.request.headers.cookie(COOKIE);
    let id = fields.need("request")?;
    let outcome = authorize::take_consent(cx, &call.resolved.tenant, cookie, id, allow).await?;
    oauth::answer(call.request, outcome)
}

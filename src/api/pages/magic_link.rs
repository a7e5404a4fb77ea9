//! `/tenant/{tenant}/magic-link`: signing in by a link or a code in one's mail.

use askama::Template;

use crate::api::pages::form::Fields;
use crate::api::pages::login;
use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::place::{Place, browser};
use crate::api::pages::words::Problem;
use crate::api::wording::with_headers;
use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::sign_in::magic_links;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

/// A page with one button, or one field for a code.
#[derive(Template)]
#[template(path = "magic_link.html")]
pub(super) struct MagicLink<'a> {
    pub(crate) m: &'static Messages,
    pub(crate) place: &'a Place,
    pub(crate) page: &'a str,
    pub(crate) title: &'a str,
    pub(crate) text: String,
    /// Of the link; without one, a code is asked for.
    pub(crate) token: &'a str,
    pub(crate) button: &'a str,
    /// That the code was mailed to.
    pub(crate) email: &'a str,
    pub(crate) problem: Option<Problem>,
}

/// The page behind a link: looking at it spends nothing.
pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of_link(cx, call, None).await?;
    let Some(token) = &call.query("token") else { return Ok(Response::see_other(&place.link("login"))) };
    let m = place.m;
    let email = magic_links::look(cx, &call.resolved, token).await?;
    let text = fill(m.magic_text, "email", &email);
    let (title, button, page) = (m.sign_in, m.sign_in, "magic-link");
    Ok(place.sign_in_page(
        200,
        &MagicLink { m, place, page, title, text, token, button, email: "", problem: None },
    )?)
}

/// Follows a link or takes a code, and goes on; or mails both.
pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let place = &Place::of_link(cx, call, Some(&fields)).await?;
    if let Some(token) = fields.get("token") {
        return place.step(call, magic_links::follow(cx, &call.resolved, token, browser(call)).await?);
    }
    let email = fields.need("email")?;
    let Some(code) = fields.get("code") else {
        return match magic_links::request(cx, &call.resolved, email, &place.mailed_query()).await {
            Ok(()) => show_sent(place, email, None),
            Err(Error::Refused(
                refusal @ (Refusal::Invalid(_) | Refusal::Limited(_) | Refusal::Federation(_)),
            )) => {
                let problem = Problem::of(place.m, &refusal);
                Ok(with_headers(login::page(cx, call, place, email, Some(problem)).await?, &refusal))
            }
            Err(error) => Err(error),
        };
    };
    match magic_links::enter_code(cx, &call.resolved, email, code, browser(call)).await {
        Ok(step) => place.step(call, step),
        Err(Error::Refused(refusal)) => {
            let problem = Problem::of(place.m, &refusal);
            Ok(with_headers(show_sent(place, email, Some(problem))?, &refusal))
        }
        Err(broken) => Err(broken),
    }
}

/// The page that asks for the code.
fn show_sent(place: &Place, email: &str, problem: Option<Problem>) -> Answer {
    let m = place.m;
    let status = problem.as_ref().map_or(200, |problem| problem.status);
    let (title, text, page) = (m.check_mail, fill(m.magic_sent, "email", email.trim()), "magic-link");
    let page = MagicLink { m, place, page, title, text, token: "", button: "", email, problem };
    Ok(place.sign_in_page(status, &page)?)
}

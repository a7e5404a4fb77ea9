//! `/tenant/{tenant}/forgot`: asks for a link to choose a new password.

use askama::Template;

use crate::api::pages::form::Fields;
use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::notice::show_notice;
use crate::api::pages::place::Place;
use crate::api::pages::typed;
use crate::api::pages::words::Problem;
use crate::api::wording::with_headers;
use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::sign_in::passwords;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Template)]
#[template(path = "forgot.html")]
struct Forgot<'a> {
    m: &'static Messages,
    place: &'a Place,
    email: &'a str,
    problem: Option<Problem>,
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of(cx, call, None).await?;
    let m = place.m;
    if call.query("sent").is_some() {
        let named = typed::last(call).map(|email| fill(m.forgot_sent_to, "email", email));
        let text = named.as_deref().unwrap_or(m.forgot_sent);
        return Ok(show_notice(place, m.check_mail, text, Some(("login", m.back_to_sign_in)))?);
    }
    let hint = place.asked.as_ref().and_then(|asked| asked.login_hint.as_deref());
    Ok(place.page(200, &Forgot { m, place, email: hint.unwrap_or_default(), problem: None })?)
}

pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let place = &Place::of(cx, call, Some(&fields)).await?;
    let email = fields.need("email")?;
    // From the sign-in page, with the address as far as it was typed there.
    if fields.get("ask").is_some() {
        return Ok(place.page(200, &Forgot { m: place.m, place, email, problem: None })?);
    }
    let onward = place.query();
    match passwords::forgot(cx, &call.resolved, email, &place.mailed_query()).await {
        Ok(()) => {
            let between = if onward.is_empty() { "" } else { "&" };
            let to = format!("/tenant/{}/forgot?{onward}{between}sent=1", place.tenant.id);
            Ok(typed::remember(Response::see_other(&to), email))
        }
        Err(Error::Refused(refusal)) => {
            let problem = Problem::of(place.m, &refusal).on(&["email"]);
            let status = problem.status;
            let page = Forgot { m: place.m, place, email, problem: Some(problem) };
            Ok(with_headers(place.page(status, &page)?, &refusal))
        }
        Err(broken) => Err(broken),
    }
}

//! `/tenant/{tenant}/login`: the form, and signing a browser in.

use askama::Template;

use crate::api::pages::form::Fields;
use crate::api::pages::messages::Messages;
use crate::api::pages::place::Place;
use crate::api::pages::words::Problem;
use crate::api::wording::with_headers;
use crate::cx::Cx;
use crate::domain::login::{self, Attempt};
use crate::domain::refusal::Error;
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    m: &'static Messages,
    place: &'a Place,
    email: &'a str,
    problem: Option<Problem>,
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of(cx, call, None).await?;
    let hint = place.asked.as_ref().and_then(|asked| asked.login_hint.as_deref());
    Ok(place.page(200, &Login { m: place.m, place, email: hint.unwrap_or_default(), problem: None })?)
}

/// Signs in and goes on with a fresh session: the one before, if any, is another's or over.
pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let place = &Place::of(cx, call, Some(&fields)).await?;
    let (email, password) = (fields.need("email")?, fields.need("password")?);
    match login::for_browser(cx, &call.chosen, Attempt { email, password }).await {
        Ok(cookie) => Ok(place.go_on(&cookie)),
        Err(Error::Refused(refusal)) => {
            let problem = Problem::of(place.m, &place.tenant, &refusal);
            let status = problem.status;
            let page = Login { m: place.m, place, email, problem: Some(problem) };
            Ok(with_headers(place.page(status, &page)?, &refusal))
        }
        Err(broken) => Err(broken),
    }
}

//! `/tenant/{tenant}/register`: the form for a new account, and what it leads to.

use askama::Template;

use crate::api::pages::form::Fields;
use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::notice::show_notice;
use crate::api::pages::place::{Place, browser};
use crate::api::pages::typed;
use crate::api::pages::words::Problem;
use crate::api::wording::with_headers;
use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::sign_in::register::{self, Outcome, Registration};
use crate::domain::sign_in::{self, Attempt};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Template)]
#[template(path = "register.html")]
struct Register<'a> {
    m: &'static Messages,
    place: &'a Place,
    name: &'a str,
    email: &'a str,
    problem: Option<Problem>,
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of(cx, call, None).await?;
    let m = place.m;
    if call.query("sent").is_some() {
        let named = typed::last(call).map(|email| fill(m.check_mail_text_to, "email", email));
        let text = named.as_deref().unwrap_or(m.check_mail_text);
        return Ok(show_notice(place, m.check_mail, text, Some(("login", m.back_to_sign_in)))?);
    }
    if !place.tenant.settings.allow_registration {
        return Err(Refusal::SignUpClosed.into());
    }
    let hint = place.asked.as_ref().and_then(|asked| asked.login_hint.as_deref());
    let page = Register { m, place, name: "", email: hint.unwrap_or_default(), problem: None };
    Ok(place.sign_in_page(200, &page)?)
}

/// Mails the link that confirms an address once more, to a user who could not sign in without.
async fn resend(cx: &Cx, call: &Call<'_>, place: &Place, email: &str) -> Answer {
    let m = place.m;
    register::resend(cx, &call.resolved, email, &place.mailed_query()).await?;
    Ok(show_notice(
        place,
        m.check_mail,
        &fill(m.resent_text, "email", email),
        Some(("login", m.back_to_sign_in)),
    )?)
}

pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = Fields::of(call).await?;
    let place = &Place::of(cx, call, Some(&fields)).await?;
    if fields.get("resend").is_some() {
        return resend(cx, call, place, fields.need("email")?).await;
    }
    let (email, password) = (fields.need("email")?, fields.need("password")?);
    let name = fields.get("name").unwrap_or_default();
    let onward = place.query();
    let mailed = place.mailed_query();
    let new = Registration { email, password, name: Some(name), onward: &mailed };
    match register::register(cx, &call.resolved, new).await {
        Ok(Outcome::CheckMail(_)) => {
            let between = if onward.is_empty() { "" } else { "&" };
            let to = format!("/tenant/{}/register?{onward}{between}sent=1", place.tenant.id);
            Ok(typed::remember(Response::see_other(&to), email))
        }
        Ok(Outcome::Ready(_)) => {
            let attempt = Attempt { email, password };
            place.step(call, sign_in::with_password(cx, &call.resolved, attempt, browser(call)).await?)
        }
        Err(Error::Refused(refusal @ Refusal::SignUpClosed)) => Err(refusal.into()),
        Err(Error::Refused(refusal)) => {
            let problem = Problem::of(place.m, &refusal).on(&["name", "email", "password"]);
            let status = problem.status;
            let page = Register { m: place.m, place, name, email, problem: Some(problem) };
            Ok(with_headers(place.sign_in_page(status, &page)?, &refusal))
        }
        Err(broken) => Err(broken),
    }
}

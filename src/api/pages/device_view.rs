//! The pages of `/tenant/{tenant}/device`: asking for the code that a device shows, asking whether to connect
//! it, and saying how that went (RFC 8628 §3.3).

use askama::Template;

use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::notice::show_notice;
use crate::api::pages::place::Place;
use crate::api::pages::scopes;
use crate::api::pages::words::Problem;
use crate::domain::refusal::Refusal;
use crate::domain::tenants::Tenant;
use crate::http::response::Response;
use crate::oidc::user_code;
use crate::ports::Fault;

/// The device's client and what it asks for, in words.
struct Asking {
    scopes: Vec<String>,
    /// Who describes the client, if a document does, in a sentence.
    described: Option<String>,
}

#[derive(Template)]
#[template(path = "device.html")]
struct Device<'a> {
    m: &'static Messages,
    place: &'a Place,
    title: String,
    wants: String,
    /// Who is signed in, and the way to be another.
    who: String,
    another: String,
    user_code: &'a str,
    asking: Option<Asking>,
    problem: Option<Problem>,
}

/// Asks for the code, or once more after a refusal; `user_code` is what was typed or came with the address.
pub(super) fn enter(place: &Place, user_code: &str, refusal: Option<&Refusal>) -> Result<Response, Fault> {
    let m = place.m;
    let problem = refusal.map(|refusal| {
        let mut problem = Problem::of(m, refusal);
        if matches!(refusal, Refusal::NotFound | Refusal::LinkDead) {
            problem.status = 400;
            problem.sentence = m.device_unknown.to_owned();
        }
        problem
    });
    let status = problem.as_ref().map_or(200, |problem| problem.status);
    let title = m.device.to_owned();
    let none = String::new;
    let page = Device {
        m,
        place,
        title,
        wants: none(),
        who: none(),
        another: none(),
        user_code,
        asking: None,
        problem,
    };
    place.page(status, &page)
}

/// Asks whether to connect the device that shows this code; answered by `decision`, `allow` or `deny`.
pub(super) fn confirm(
    place: &Place,
    email: &str,
    user_code: &str,
    client: &str,
    asked: &[String],
    resources: &[String],
    described_at: Option<&str>,
) -> Result<Response, Fault> {
    let m = place.m;
    let page = Device {
        m,
        place,
        title: fill(m.device_confirm, "client", client),
        wants: fill(m.consent_text, "client", client),
        who: fill(m.consent_as, "email", email),
        another: sign_in(&place.tenant, user_code),
        user_code,
        asking: Some(Asking {
            scopes: scopes::in_words(m, asked, resources),
            described: described_at.map(|host| fill(m.consent_document, "host", host)),
        }),
        problem: None,
    };
    place.page(200, &page)
}

/// The page to sign in on, and back with the code if it can be one.
pub(super) fn sign_in(tenant: &Tenant, typed: &str) -> String {
    let code = user_code::parse(typed).map(|code| format!("%3Fuser_code%3D{}", user_code::format(&code)));
    let id = &tenant.id;
    format!("/tenant/{id}/login?return_to=/tenant/{id}/device{}", code.unwrap_or_default())
}

/// Says how it went.
pub(super) fn show_decision(place: &Place, allowed: bool) -> Result<Response, Fault> {
    let m = place.m;
    let (title, text) = match allowed {
        true => (m.device_allowed, m.device_allowed_text),
        false => (m.device_denied, m.device_denied_text),
    };
    show_notice(place, title, text, None)
}

//! `/tenant/{tenant}/login`: the form, and signing a browser in.

use askama::Template;
use serde::Deserialize;

use crate::api::pages::page;
use crate::api::wording::{with_headers, word};
use crate::cx::Cx;
use crate::domain::login::{self, Attempt};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::sessions::COOKIE;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::path::Path;

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    tenant: &'a str,
    tenant_id: &'a str,
    email: &'a str,
    return_to: &'a str,
    problem: Option<&'a str>,
}

#[derive(Deserialize)]
struct Form {
    email: String,
    password: String,
    #[serde(default)]
    return_to: Option<String>,
}

pub(super) async fn show(_: &Cx, call: &Call<'_>) -> Answer {
    let tenant = &call.chosen.tenant;
    let return_to = call.query("return_to");
    let return_to = return_to.as_deref().filter(|to| is_local(to)).unwrap_or("/");
    Ok(page(
        200,
        &Login { tenant: &tenant.name, tenant_id: &tenant.id, email: "", return_to, problem: None },
    )?)
}

/// Signs in and goes back with a fresh session: the one before, if any, is another's or over.
pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    same_origin(call)?;
    let form: Form = body::form(call).await?;
    let tenant = &call.chosen.tenant;
    let return_to = form.return_to.as_deref().filter(|to| is_local(to)).unwrap_or("/");
    let attempt = Attempt { email: &form.email, password: &form.password };
    match login::for_browser(cx, &call.chosen, attempt).await {
        Ok(cookie) => {
            let life = tenant.settings.session_absolute_seconds;
            let cookie = format!("{COOKIE}={cookie}; Path=/; Max-Age={life}; Secure; HttpOnly; SameSite=Lax");
            Ok(Response::see_other(return_to).with("set-cookie", cookie))
        }
        Err(Error::Refused(refusal)) => {
            let worded = word(&refusal);
            let problem = Some(worded.sentence.as_str());
            let login =
                Login { tenant: &tenant.name, tenant_id: &tenant.id, email: &form.email, return_to, problem };
            Ok(with_headers(page(worded.status, &login)?, &refusal))
        }
        Err(broken) => Err(broken),
    }
}

/// A form of another site must not sign anybody in or out here (login CSRF, RFC 6749 §10.12).
///
/// # Errors
/// [`Refusal::Forbidden`] for a request that a browser says came from elsewhere.
pub(super) fn same_origin(call: &Call<'_>) -> Result<(), Refusal> {
    let elsewhere = call.request.headers.is_from_elsewhere(&call.request.host);
    if elsewhere { Err(Refusal::Forbidden) } else { Ok(()) }
}

/// Whether a place to go back to is a path of this origin and nothing that a browser reads as another.
pub(super) fn is_local(to: &str) -> bool {
    let path = to.split(['?', '#']).next().unwrap_or_default();
    let plain = to.len() <= 2048 && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    plain && Path::parse(path).is_some()
}

//! Hosted pages: they work without JavaScript, load nothing but our style sheet, and answer forms with 303
//! or the form again.

mod account;
mod change_email;
mod consent;
mod device;
mod device_view;
#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod error;
mod forgot;
mod form;
mod form_post;
mod home;
mod leave;
mod links;
mod login;
mod logout;
mod magic_link;
pub mod messages;
mod mfa;
mod mfa_view;
mod notice;
mod people;
mod place;
mod register;
mod scopes;
pub(in crate::api) mod sso;
mod typed;
mod unconfigured;
mod waiting;
mod words;

use askama::Template;

pub(crate) use self::error::error;
use self::form::Mark;
pub(crate) use self::form::{FIELD, is_from_elsewhere};
pub(crate) use self::form_post::{form_post, send};
pub(crate) use self::home::home;
pub(crate) use self::leave::leave;
pub(crate) use self::links::{
    email_verified, password_reset, reset_password, reset_refused, verified_already, verify_email,
};
use self::messages::Messages;
pub(crate) use self::unconfigured::unconfigured;
use crate::api::pages::notice::Notice;
use crate::api::tenant;
use crate::api::wording::{with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::http::guard::{Answer, open};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};
use crate::ports::Fault;

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    const NONE: Limit = Limit::None;
    let routes = vec![
        route("GET", "/tenant/{tenant}/login", NONE, open(login::show)),
        route("POST", "/tenant/{tenant}/login", NONE, open(login::submit)),
        route("GET", "/tenant/{tenant}/magic-link", NONE, open(magic_link::show)),
        route("POST", "/tenant/{tenant}/magic-link", NONE, open(magic_link::submit)),
        route("GET", "/tenant/{tenant}/change-email", NONE, open(change_email::show)),
        route("POST", "/tenant/{tenant}/change-email", NONE, open(change_email::submit)),
        route("GET", "/tenant/{tenant}/continue", NONE, open(leave::show)),
        route("GET", "/tenant/{tenant}/mfa", NONE, open(mfa::show)),
        route("POST", "/tenant/{tenant}/mfa", NONE, open(mfa::submit)),
        route("GET", "/tenant/{tenant}/register", NONE, open(register::show)),
        route("POST", "/tenant/{tenant}/register", NONE, open(register::submit)),
        route("GET", "/tenant/{tenant}/forgot", NONE, open(forgot::show)),
        route("POST", "/tenant/{tenant}/forgot", NONE, open(forgot::submit)),
        route("GET", "/tenant/{tenant}/consent", NONE, open(consent::show)),
        route("POST", "/tenant/{tenant}/consent", NONE, open(consent::submit)),
        route("GET", "/tenant/{tenant}/device", NONE, open(device::show)),
        route("POST", "/tenant/{tenant}/device", NONE, open(device::submit)),
        route("GET", "/tenant/{tenant}/account", NONE, open(account::show)),
        route("POST", "/tenant/{tenant}/account", NONE, open(account::submit)),
        route("GET", "/tenant/{tenant}/account/export", NONE, open(account::export::show)),
        route("GET", "/.well-known/change-password", NONE, open(account::change_password)),
        route("GET", "/tenant/{tenant}/logout", NONE, open(logout::show)),
        route("POST", "/tenant/{tenant}/logout", NONE, open(logout::submit)),
    ];
    Surface { name: "pages", routes, word_refusal: tenant::word_refusal, word_fault: tenant::word_fault }
}

/// The page for a user who was signed out; with a tenant, it leads to that tenant's sign-in.
pub(crate) fn signed_out(request: &Request, tenant_id: Option<&str>) -> Answer {
    let m = messages::of(request);
    let next = tenant_id.map(|id| (format!("/tenant/{id}/login"), m.sign_in));
    let notice = Notice { m, tenant: None, title: m.signed_out, text: m.signed_out_text, next };
    let html = notice.render().map_err(|error| Fault::new("page", error))?;
    Ok(Response::html(200, html).with_own_scripts())
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOut<'a> {
    m: &'static Messages,
    tenant: &'a str,
    action: &'a str,
    fields: &'a [(&'a str, &'a str)],
}

/// Asks whether to sign out, for a client; the answer is the same request again, with these fields. `to` is
/// where the browser goes then, if that is another origin or scheme.
pub(crate) fn sign_out_question(
    cx: &Cx,
    request: &Request,
    tenant: &str,
    fields: &[(&str, &str)],
    to: Option<&str>,
) -> Answer {
    let page = SignOut { m: messages::of(request), tenant, action: &request.path, fields };
    let html = page.render().map_err(|error| Fault::new("page", error))?;
    let page = match to {
        Some(to) => Response::html_with_forms_to(200, html, to),
        None => Response::html(200, html),
    };
    Ok(match Mark::of(cx, request) {
        Some(mark) => mark.put(page),
        None => page,
    })
}

/// A refusal as a page, in the reader's language.
pub(crate) fn refused_page(request: &Request, refusal: &Refusal) -> Response {
    let m = messages::of(request);
    with_headers(plain_notice(m, word(refusal).status, &words::sentence(m, refusal)), refusal)
}

/// If even the error page does not render, its text is sent as it is.
fn plain_notice(m: &'static Messages, status: u16, text: &str) -> Response {
    let notice = Notice { m, tenant: None, title: words::title(m, status), text, next: None };
    match notice.render() {
        Ok(html) => Response::html(status, html).with_own_scripts(),
        Err(_) => Response { status, headers: Vec::new(), body: text.into() },
    }
}

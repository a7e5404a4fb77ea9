//! Hosted pages: they work without JavaScript, load nothing but our style sheet, and answer forms with 303.

mod login;
mod logout;

use askama::Template;

use crate::api::tenant;
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::http::guard::{Answer, open};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};
use crate::ports::Fault;

/// The surface's table and wording.
pub fn surface() -> Surface {
    let routes = vec![
        route("GET", "/tenant/{tenant}/login", Limit::None, open(login::show)),
        route("POST", "/tenant/{tenant}/login", Limit::None, open(login::submit)),
        route("GET", "/tenant/{tenant}/logout", Limit::None, open(logout::show)),
        route("POST", "/tenant/{tenant}/logout", Limit::None, open(logout::submit)),
    ];
    Surface { name: "pages", routes, refused, broken }
}

fn refused(cx: &Cx, request: &Request, refusal: &Refusal) -> Response {
    let worded = crate::api::wording::word(refusal);
    if wants_page(request) {
        return crate::api::wording::with_headers(error(cx, worded.status, &worded.sentence), refusal);
    }
    tenant::refused(cx, request, refusal)
}

fn broken(cx: &Cx, id: &str) -> Response {
    error(cx, 500, &format!("Something went wrong. If it stays so, tell us this number: {id}"))
}

/// Whether the caller is a browser that would show a page: it navigates, or sends a form.
pub fn wants_page(request: &Request) -> bool {
    let json = request.headers.get("content-type").is_some_and(|t| t.to_ascii_lowercase().contains("json"));
    !json && request.headers.is_navigation()
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    title: &'a str,
    text: &'a str,
    /// The tenant whose login page is linked.
    login: Option<&'a str>,
}

/// A page that says one thing.
pub fn notice(title: &str, text: &str, login: Option<&str>) -> Answer {
    Ok(page(200, &Notice { title, text, login })?)
}

/// The error page. If even that does not render, its text is sent as it is.
pub fn error(_: &Cx, status: u16, text: &str) -> Response {
    let title = match status {
        401 => "Please sign in",
        403 => "Not allowed",
        404 => "Not found",
        429 => "Too many attempts",
        500.. => "Something went wrong",
        _ => "That did not work",
    };
    let page = page(status, &Notice { title, text, login: None });
    page.unwrap_or_else(|_| Response { status, headers: Vec::new(), body: text.into() })
}

#[derive(Template)]
#[template(path = "verify_email.html")]
struct VerifyEmail<'a> {
    tenant: &'a str,
    token: &'a str,
}

/// The page behind a verification link.
pub fn verify_email(tenant: &str, token: &str) -> Answer {
    Ok(page(200, &VerifyEmail { tenant, token })?)
}

#[derive(Template)]
#[template(path = "reset_password.html")]
struct ResetPassword<'a> {
    tenant: &'a str,
    token: &'a str,
    shortest: usize,
}

/// The page behind a reset link.
pub fn reset_password(tenant: &str, token: &str, shortest: usize) -> Answer {
    Ok(page(200, &ResetPassword { tenant, token, shortest })?)
}

fn page(status: u16, template: &impl Template) -> Result<Response, Fault> {
    Ok(Response::html(status, template.render().map_err(|error| Fault::new("page", error))?))
}

//! What a deployment answers to every request while settings or bindings are missing: 503, and their names. Values
//! are never shown.

use serde::Serialize;

use crate::api::pages;
use crate::config::Unconfigured;
use crate::http::request::Request;
use crate::http::response::Response;

/// A problem of RFC 9457 with an extension member.
#[derive(Serialize)]
struct NotConfigured<'a> {
    code: &'static str,
    detail: String,
    settings: Vec<Needed<'a>>,
    status: u16,
    title: &'static str,
    r#type: &'static str,
}

/// A setting or binding, and what it must be.
#[derive(Serialize)]
struct Needed<'a> {
    name: &'a str,
    needed: &'a str,
}

/// The answer: a page for a browser that navigates, else `application/problem+json` (RFC 9457).
pub fn unconfigured(request: &Request, unconfigured: &Unconfigured) -> Response {
    let response = if request.wants_page() {
        pages::unconfigured(request, unconfigured)
    } else {
        let problem = NotConfigured {
            code: "NOT_CONFIGURED",
            detail: unconfigured.sentence(),
            settings: unconfigured
                .0
                .iter()
                .map(|problem| Needed { name: problem.name, needed: problem.needed })
                .collect(),
            status: 503,
            title: "Service Unavailable",
            r#type: "about:blank",
        };
        Response::problem(503, &problem)
    };
    response.secured()
}

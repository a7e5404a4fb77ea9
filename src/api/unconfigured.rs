//! What a deployment answers to every request while settings or bindings are missing: 503, and their names. Values
//! are never shown.

use serde_json::json;

use crate::api::pages;
use crate::config::Unconfigured;
use crate::http::request::Request;
use crate::http::response::Response;

/// The answer: a page for a browser that navigates, else `application/problem+json` (RFC 9457).
pub fn unconfigured(request: &Request, unconfigured: &Unconfigured) -> Response {
    let response = if request.wants_page() {
        pages::unconfigured(request, unconfigured)
    } else {
        let settings: Vec<_> = unconfigured
            .0
            .iter()
            .map(|problem| json!({ "name": problem.name, "needed": problem.needed }))
            .collect();
        let body = json!({
            "type": "about:blank", "title": "Service Unavailable", "status": 503, "code": "NOT_CONFIGURED",
            "detail": unconfigured.sentence(), "settings": settings,
        });
        Response::problem(503, &body)
    };
    response.secured()
}

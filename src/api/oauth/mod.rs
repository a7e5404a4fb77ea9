//! OAuth and OpenID Connect endpoints. Failures are RFC 6749's `{error, error_description}`.

mod jwks;

use serde_json::json;

use crate::api::wording::{with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::http::guard::open;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};
use crate::oidc::error::Code;

/// The surface's table and wording.
pub fn surface() -> Surface {
    let routes = vec![
        route("GET", "/.well-known/jwks.json", Limit::None, open(jwks::jwks)),
        route("GET", "/tenant/{tenant}/.well-known/jwks.json", Limit::None, open(jwks::jwks)),
    ];
    Surface { name: "oauth", routes, refused, broken }
}

fn refused(_: &Cx, request: &Request, refusal: &Refusal) -> Response {
    let worded = word(refusal);
    let code = match refusal {
        Refusal::OAuth(code, _) => *code,
        Refusal::NoCredential | Refusal::BadCredential => Code::InvalidToken,
        Refusal::ScopeMissing(_) => Code::InsufficientScope,
        Refusal::Forbidden | Refusal::WrongTenant => Code::AccessDenied,
        _ => Code::InvalidRequest,
    };
    let body = json!({ "error": code.name(), "error_description": worded.sentence });
    let response = with_headers(Response::json(worded.status, &body), refusal);
    // RFC 6749 §5.2: a client that used the header field is told the scheme.
    if code == Code::InvalidClient && request.headers.get("authorization").is_some() {
        return response.with("www-authenticate", "Basic realm=\"clients\"");
    }
    response
}

fn broken(_: &Cx, id: &str) -> Response {
    let description = format!("Internal error, request {id}");
    Response::json(500, &json!({ "error": "server_error", "error_description": description }))
}

//! OAuth and OpenID Connect endpoints. Failures are RFC 6749's `{error, error_description}`.

mod authorize;
mod device_authorization;
mod discovery;
#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod introspect;
mod jwks;
mod logout;
mod par;
mod register;
mod revoke;
mod token;
mod userinfo;

use serde::Serialize;

pub(crate) use self::authorize::answer;

use crate::api::pages::refused_page;
use crate::api::wording::{with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::http::guard::{client, open};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};
use crate::oidc::error::{Code, plain_description};

/// Each row twice: for the tenant of the path, and at the root for the one of the host, else home.
macro_rules! rows {
    ($($method:literal, $path:literal, $limit:expr, $run:expr;)*) => {
        vec![$(
            route($method, concat!("/tenant/{tenant}", $path), $limit, $run),
            route($method, $path, $limit, $run),
        )*]
    };
}

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    const NONE: Limit = Limit::None;
    const DOCUMENT: Limit = Limit::FromMemory;
    // A device asks once and then polls; what it asks for is kept.
    const ASKING: Limit = Limit::PerAddress { requests: 60, seconds: 60 };
    let mut routes = rows! {
        "GET", "/.well-known/jwks.json", DOCUMENT, open(jwks::jwks);
        "GET", "/.well-known/openid-configuration", DOCUMENT, open(discovery::discovery);
        "GET", "/.well-known/oauth-authorization-server", DOCUMENT, open(discovery::discovery);
        "GET", "/oauth2/authorize", NONE, open(authorize::ask);
        "POST", "/oauth2/authorize", NONE, open(authorize::submit);
        "POST", "/oauth2/token", NONE, client(token::token);
        "POST", "/oauth2/par", NONE, client(par::par);
        "POST", "/oauth2/device_authorization", ASKING, client(device_authorization::ask);
        "POST", "/oauth2/introspect", NONE, client(introspect::introspect);
        "GET", "/oauth2/logout", NONE, open(logout::ask);
        "POST", "/oauth2/logout", NONE, open(logout::submit);
        "POST", "/oauth2/revoke", NONE, client(revoke::revoke);
        "POST", "/oauth2/register", NONE, open(register::register);
        "GET", "/oauth2/register/{id}", NONE, open(register::read);
        "PUT", "/oauth2/register/{id}", NONE, open(register::replace);
        "DELETE", "/oauth2/register/{id}", NONE, open(register::delete);
        "GET", "/oauth2/userinfo", NONE, open(userinfo::userinfo);
        "POST", "/oauth2/userinfo", NONE, open(userinfo::userinfo);
    };
    // Where RFC 8414 §3.1 has the metadata of an issuer with a path.
    for path in [
        "/.well-known/openid-configuration/tenant/{tenant}",
        "/.well-known/oauth-authorization-server/tenant/{tenant}",
    ] {
        routes.push(route("GET", path, DOCUMENT, open(discovery::discovery)));
    }
    Surface { name: "oauth", routes, word_refusal, word_fault }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
struct Failure {
    /// A code that an RFC registers, as `invalid_grant`.
    error: &'static str,
    error_description: String,
}

fn word_refusal(_: &Cx, request: &Request, refusal: &Refusal) -> Response {
    // A person stands in front of these, and nobody that could be trusted with an answer behind them.
    if request.path.ends_with("/oauth2/authorize") || request.path.ends_with("/oauth2/logout") {
        return refused_page(request, refusal);
    }
    let worded = word(refusal);
    let code = match refusal {
        Refusal::OAuth(code, _) => *code,
        Refusal::NoCredential | Refusal::BadCredential | Refusal::ProofNeeded => Code::InvalidToken,
        Refusal::BadProof(_) => Code::InvalidDpopProof,
        Refusal::NonceNeeded => Code::UseDpopNonce,
        Refusal::ScopeMissing(_) => Code::InsufficientScope,
        Refusal::MfaRequired | Refusal::ReauthenticationRequired { .. } => {
            Code::InsufficientUserAuthentication
        }
        Refusal::Forbidden | Refusal::WrongTenant | Refusal::SignUpClosed => Code::AccessDenied,
        Refusal::Unready | Refusal::Unavailable(_) | Refusal::ProviderUnavailable { .. } => {
            Code::TemporarilyUnavailable
        }
        Refusal::Looping => Code::ServerError,
        _ => Code::InvalidRequest,
    };
    let failure = Failure { error: code.name(), error_description: plain_description(&worded.sentence) };
    let response = with_headers(Response::json(worded.status, &failure), refusal);
    // RFC 6749 §5.2: a client that used the header field is told the scheme.
    if code == Code::InvalidClient && request.headers.get("authorization").is_some() {
        return response.with("www-authenticate", "Basic realm=\"clients\"");
    }
    response
}

fn word_fault(_: &Cx, id: &str) -> Response {
    let error_description = format!("Internal error, request {id}");
    Response::json(500, &Failure { error: Code::ServerError.name(), error_description })
}

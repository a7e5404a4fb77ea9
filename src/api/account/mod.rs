//! The account API, `/auth/*`: flat snake_case answers and `{error, message}`.

#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod forgot_password;
mod login;
mod logout;
mod mfa;
mod refresh;
mod register;
mod reset_password;
mod shapes;
mod sso;
mod verify_email;

use crate::api::account::shapes::{Failure, Message};
use crate::api::wording::{way_on, with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::http::guard::{open, own_session};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    let per_address = Limit::PerAddress { requests: 120, seconds: 60 };
    let routes = vec![
        route("POST", "/auth/register", Limit::None, open(register::register)),
        route("GET", "/auth/verify-email", Limit::None, open(verify_email::show)),
        route("POST", "/auth/verify-email", per_address, open(verify_email::confirm)),
        route("POST", "/auth/login", Limit::None, open(login::login)),
        route("POST", "/auth/refresh", Limit::None, open(refresh::refresh)),
        route("POST", "/auth/logout", Limit::None, open(logout::logout)),
        route("POST", "/auth/forgot-password", Limit::None, open(forgot_password::forgot_password)),
        route("GET", "/auth/reset-password", Limit::None, open(reset_password::show)),
        route("POST", "/auth/reset-password", per_address, open(reset_password::reset)),
        route("POST", "/auth/sso/start", Limit::None, open(sso::start)),
        route("GET", "/auth/mfa", Limit::None, own_session(mfa::status)),
        route("POST", "/auth/mfa/enable", Limit::None, own_session(mfa::enable)),
        route("POST", "/auth/mfa/verify", Limit::None, open(mfa::verify)),
        route("POST", "/auth/mfa/login", Limit::None, open(mfa::login)),
        route("POST", "/auth/mfa/send", Limit::None, open(mfa::send)),
        route("GET", "/auth/mfa/backup-codes", Limit::None, own_session(mfa::backup_codes)),
        route("POST", "/auth/mfa/backup-codes", Limit::None, own_session(mfa::new_backup_codes)),
        route("POST", "/auth/mfa/disable", Limit::None, own_session(mfa::disable)),
    ];
    Surface { name: "account", routes, word_refusal, word_fault }
}

fn message(status: u16, message: &'static str) -> Response {
    Response::json(status, &Message { message })
}

fn word_refusal(_: &Cx, _: &Request, refusal: &Refusal) -> Response {
    let worded = word(refusal);
    let error = match refusal {
        Refusal::WrongPassword => "invalid_credentials".into(),
        _ => worded.code.to_ascii_lowercase(),
    };
    let failure = Failure { auth_url: way_on(refusal), error, message: worded.sentence, request_id: None };
    with_headers(Response::json(worded.status, &failure), refusal)
}

fn word_fault(_: &Cx, id: &str) -> Response {
    let failure = Failure {
        auth_url: None,
        error: "internal_error".into(),
        message: "Internal error".into(),
        request_id: Some(id.to_owned()),
    };
    Response::json(500, &failure)
}

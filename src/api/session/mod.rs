//! The session API, `/api/auth/*`: `{success:true,data}` and `{success:false,error,code}`.

pub(super) mod api_keys;
mod change_email;
mod change_password;
mod devices;
#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod federated;
pub(in crate::api) mod identities;
mod login;
mod logout;
mod magic_link;
mod me;
mod mfa;
pub(crate) mod passkeys;
#[cfg(not(target_arch = "wasm32"))]
mod passkeys_docs;
mod refresh;
mod sessions;
pub(in crate::api) mod shapes;

use serde::Serialize;

use crate::api::session::shapes::{Challenge, Failure, Login, SignIn, Success};
use crate::api::wording::{way_on, with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::domain::sign_in::Step;
use crate::http::guard::{Answer, key_maker, open, own_session, session};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    let routes = vec![
        route("POST", "/api/auth/login", Limit::None, open(login::login)),
        route("POST", "/api/auth/google", Limit::None, open(federated::google)),
        route("POST", "/api/auth/microsoft", Limit::None, open(federated::microsoft)),
        route("POST", "/api/auth/refresh", Limit::None, open(refresh::refresh)),
        route("POST", "/api/auth/logout", Limit::None, session(logout::logout)),
        route(
            "POST",
            "/api/auth/change-password",
            Limit::None,
            own_session(change_password::change_password),
        ),
        route("GET", "/api/auth/mfa", Limit::None, own_session(mfa::status)),
        route("POST", "/api/auth/change-email", Limit::None, own_session(change_email::change_email)),
        route("POST", "/api/auth/change-email/confirm", Limit::None, open(change_email::confirm)),
        route("POST", "/api/auth/magic-link/request", Limit::None, open(magic_link::request)),
        route("POST", "/api/auth/magic-link/verify", Limit::None, open(magic_link::verify)),
        route("POST", "/api/auth/mfa/verify", Limit::None, open(mfa::verify)),
        route("POST", "/api/auth/mfa/send", Limit::None, open(mfa::send)),
        route("POST", "/api/auth/mfa/step-up", Limit::None, own_session(mfa::step_up)),
        route("POST", "/api/auth/reauthenticate", Limit::None, own_session(mfa::reauthenticate)),
        route("GET", "/api/auth/passkeys", Limit::None, own_session(passkeys::list)),
        route("POST", "/api/auth/passkeys/options", Limit::None, own_session(passkeys::options)),
        route("POST", "/api/auth/passkeys", Limit::None, own_session(passkeys::add)),
        route("PATCH", "/api/auth/passkeys/{id}", Limit::None, own_session(passkeys::rename)),
        route("DELETE", "/api/auth/passkeys/{id}", Limit::None, own_session(passkeys::remove)),
        route("POST", "/api/auth/passkeys/login/options", Limit::None, open(passkeys::login_options)),
        route("POST", "/api/auth/passkeys/login", Limit::None, open(passkeys::login)),
        route("GET", "/.well-known/webauthn", Limit::None, open(passkeys::origins)),
        route("GET", "/api/auth/identities", Limit::None, own_session(identities::list)),
        route("DELETE", "/api/auth/identities", Limit::None, own_session(identities::unlink_at)),
        route("DELETE", "/api/auth/identities/{id}", Limit::None, own_session(identities::unlink)),
        route("GET", "/api/auth/me", Limit::None, session(me::me)),
        route("GET", "/api/auth/api-keys", Limit::None, own_session(api_keys::list)),
        route("POST", "/api/auth/api-keys", Limit::None, key_maker(api_keys::create)),
        route("DELETE", "/api/auth/api-keys/{id}", Limit::None, own_session(api_keys::revoke)),
        route("GET", "/api/auth/sessions", Limit::None, own_session(sessions::list)),
        route("DELETE", "/api/auth/sessions", Limit::None, own_session(sessions::revoke_others)),
        route("DELETE", "/api/auth/sessions/{id}", Limit::None, own_session(sessions::revoke)),
        route("GET", "/api/auth/devices", Limit::None, own_session(devices::list)),
        route("DELETE", "/api/auth/devices/{id}", Limit::None, own_session(devices::revoke)),
    ];
    Surface { name: "session", routes, word_refusal, word_fault }
}

pub(super) fn ok(status: u16, data: impl Serialize) -> Response {
    Response::json(status, &Success { data, success: true })
}

/// `{success:false,error,code}`.
pub(crate) fn word_refusal(_: &Cx, _: &Request, refusal: &Refusal) -> Response {
    let worded = word(refusal);
    let failure = Failure {
        auth_url: way_on(refusal),
        code: worded.code,
        error: worded.sentence,
        request_id: None,
        success: false,
    };
    with_headers(Response::json(worded.status, &failure), refusal)
}

/// The bare 500.
pub(crate) fn word_fault(_: &Cx, id: &str) -> Response {
    let failure = Failure {
        auth_url: None,
        code: "INTERNAL_ERROR",
        error: "Internal error".into(),
        request_id: Some(id.to_owned()),
        success: false,
    };
    Response::json(500, &failure)
}

/// Where a sign-in stands: signed in, or before the second factor.
fn step(cx: &Cx, step: Step) -> Answer {
    let sign_in = match step {
        Step::SignedIn(signed_in) => SignIn::SignedIn(Login::of(*signed_in)?),
        Step::Second(waiting) => SignIn::SecondFactor(Challenge::of(cx, &waiting)?),
    };
    Ok(ok(200, sign_in))
}

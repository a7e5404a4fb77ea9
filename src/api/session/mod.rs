//! The session API, `/api/auth/*`: `{success:true,data}` and `{success:false,error,code}`.

pub(super) mod api_keys;
mod change_email;
mod change_password;
mod devices;
#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod login;
mod logout;
mod magic_link;
mod me;
mod mfa;
mod passkeys;
#[cfg(not(target_arch = "wasm32"))]
mod passkeys_docs;
mod refresh;
mod sessions;
#[cfg(not(target_arch = "wasm32"))]
pub(in crate::api) mod sign_in_shape;

use serde_json::{Value, json};

use crate::api::factor::{self, Names};
use crate::api::wording::{with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::domain::session::sessions::SessionSecret;
use crate::domain::sign_in::Step;
use crate::domain::sign_in::signed_in::SignedIn;
use crate::http::guard::{Answer, key_maker, open, own_session, session};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};
use crate::store::users::User;

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    let routes = vec![
        route("POST", "/api/auth/login", Limit::None, open(login::login)),
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
    Surface { name: "session", routes, refused, broken }
}

pub(super) fn ok(status: u16, data: Value) -> Response {
    Response::json(status, &json!({ "success": true, "data": data }))
}

/// `{success:false,error,code}`.
pub(crate) fn refused(_: &Cx, _: &Request, refusal: &Refusal) -> Response {
    let worded = word(refusal);
    let body = json!({ "success": false, "error": worded.sentence, "code": worded.code });
    with_headers(Response::json(worded.status, &body), refusal)
}

/// The bare 500.
pub(crate) fn broken(_: &Cx, id: &str) -> Response {
    let body =
        json!({ "success": false, "error": "Internal error", "code": "INTERNAL_ERROR", "requestId": id });
    Response::json(500, &body)
}

/// Where a sign-in stands: signed in, or before the second factor.
fn step(cx: &Cx, step: Step) -> Answer {
    match step {
        Step::SignedIn(signed_in) => Ok(signed_in_shape(&signed_in)),
        Step::Second(waiting) => Ok(ok(200, factor::challenge(cx, &waiting, Names::Camel, "challenge")?)),
    }
}

/// The user and their tokens.
fn signed_in_shape(signed_in: &SignedIn) -> Response {
    let mut data = json!({ "user": user_shape(&signed_in.user) });
    if let (SessionSecret::Tokens(tokens), Some(data)) = (&signed_in.session_secret, data.as_object_mut()) {
        let pair = json!({ "accessToken": tokens.access, "refreshToken": tokens.refresh });
        data.insert("tokens".into(), pair);
        if !signed_in.backup_codes.is_empty() {
            data.insert("backupCodes".into(), json!(signed_in.backup_codes));
        }
    }
    ok(200, data)
}

fn user_shape(user: &User) -> Value {
    json!({ "id": user.id, "email": user.email, "name": user.name, "roles": user.roles })
}

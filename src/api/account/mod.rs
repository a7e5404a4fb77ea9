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
mod verify_email;

use serde_json::{Value, json};

use crate::api::factor::{self, Names};
use crate::api::wording::{with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::domain::session::sessions::{SessionSecret, Tokens};
use crate::domain::sign_in::Step;
use crate::domain::sign_in::signed_in::SignedIn;
use crate::http::guard::{Answer, open, own_session};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};
use crate::store::users::User;

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
        route("GET", "/auth/mfa", Limit::None, own_session(mfa::status)),
        route("POST", "/auth/mfa/enable", Limit::None, own_session(mfa::enable)),
        route("POST", "/auth/mfa/verify", Limit::None, open(mfa::verify)),
        route("POST", "/auth/mfa/login", Limit::None, open(mfa::login)),
        route("POST", "/auth/mfa/send", Limit::None, open(mfa::send)),
        route("GET", "/auth/mfa/backup-codes", Limit::None, own_session(mfa::backup_codes)),
        route("POST", "/auth/mfa/backup-codes", Limit::None, own_session(mfa::new_backup_codes)),
        route("POST", "/auth/mfa/disable", Limit::None, own_session(mfa::disable)),
    ];
    Surface { name: "account", routes, refused, broken }
}

fn ok(status: u16, body: &Value) -> Response {
    Response::json(status, body)
}

fn message(status: u16, text: &str) -> Response {
    ok(status, &json!({ "message": text }))
}

fn refused(_: &Cx, _: &Request, refusal: &Refusal) -> Response {
    let worded = word(refusal);
    let code = match refusal {
        Refusal::WrongPassword => "invalid_credentials".into(),
        _ => worded.code.to_ascii_lowercase(),
    };
    let body = json!({ "error": code, "message": worded.sentence });
    with_headers(Response::json(worded.status, &body), refusal)
}

fn broken(_: &Cx, id: &str) -> Response {
    Response::json(500, &json!({ "error": "internal_error", "message": "Internal error", "request_id": id }))
}

fn tokens_shape(tokens: &Tokens) -> Value {
    json!({
        "access_token": tokens.access, "refresh_token": tokens.refresh, "token_type": "Bearer",
        "expires_in": tokens.expires_in,
    })
}

/// Where a sign-in stands: signed in, or before the second factor.
fn step(cx: &Cx, step: Step) -> Answer {
    match step {
        Step::SignedIn(signed_in) => Ok(signed_in_shape(&signed_in)),
        Step::Second(waiting) => Ok(ok(200, &factor::challenge(cx, &waiting, Names::Snake, "mfaToken")?)),
    }
}

/// The tokens and their user.
fn signed_in_shape(signed_in: &SignedIn) -> Response {
    let mut shape = match &signed_in.session_secret {
        SessionSecret::Tokens(tokens) => tokens_shape(tokens),
        SessionSecret::Cookie(_) => json!({}),
    };
    if let Some(shape) = shape.as_object_mut() {
        shape.insert("user".into(), user_shape(&signed_in.user));
        if !signed_in.backup_codes.is_empty() {
            shape.insert("backup_codes".into(), json!(signed_in.backup_codes));
        }
    }
    ok(200, &shape)
}

fn user_shape(user: &User) -> Value {
    json!({
        "id": user.id, "email": user.email, "full_name": user.name, "email_verified": user.email_verified,
        "roles": user.roles,
    })
}

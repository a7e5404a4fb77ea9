//! `GET /users/auth/status`: whether the caller is signed in. Never refuses: a missing or bad token is
//! simply nobody's.

use serde_json::json;

use crate::api::connections::user_shape;
use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::session::principal;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

pub(super) async fn status(cx: &Cx, call: &Call<'_>) -> Answer {
    let body = match principal::session(cx, &call.resolved, &call.sent()).await {
        Ok(session) => {
            json!({ "isAuthenticated": true, "user": user_shape(&session.user, auth_type(&session.amr)) })
        }
        Err(Error::Refused(_)) => json!({ "isAuthenticated": false }),
        Err(broken) => return Err(broken),
    };
    Ok(Response::json(200, &body))
}

/// How the session was begun, in the document's manner (`google-login`).
fn auth_type(amr: &[String]) -> &'static str {
    match amr.first().map(String::as_str) {
        Some("pwd") => "password-login",
        Some("otp") => "magic-link-login",
        _ => "login",
    }
}

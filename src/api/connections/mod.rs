//! The user and connection API: `/users/auth/*`, `/users/logout`, `/users/generate-api-key`. Failures are
//! `{success:false,error,statusCode,timestamp}`.

#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod generate_api_key;
mod logout;
mod magic_link;
mod status;

use serde_json::{Value, json};

use crate::api::wording::{with_headers, word};
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::http::guard::{key_maker, open, session};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};
use crate::store::users::User;

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    let routes = vec![
        route("GET", "/users/auth/status", Limit::None, open(status::status)),
        route("POST", "/users/auth/magic-link/request", Limit::None, open(magic_link::request)),
        route("POST", "/users/auth/magic-link/verify", Limit::None, open(magic_link::verify)),
        route("POST", "/users/logout", Limit::None, session(logout::logout)),
        route("POST", "/users/generate-api-key", Limit::None, key_maker(generate_api_key::generate_api_key)),
    ];
    Surface { name: "connections", routes, refused, broken }
}

/// A user, with how they signed in.
fn user_shape(user: &User, auth_type: &str) -> Value {
    json!({ "id": user.id, "email": user.email, "name": user.name, "auth_type": auth_type })
}

fn refused(cx: &Cx, _: &Request, refusal: &Refusal) -> Response {
    let worded = word(refusal);
    let error = match refusal {
        Refusal::NoCredential => "Authentication required",
        _ => &worded.sentence,
    };
    let mut body = json!({
        "success": false, "error": error, "statusCode": worded.status, "timestamp": cx.now.rfc3339(),
    });
    // The one refusal here after which a program goes on by itself, and so has to tell it from others.
    if let (Refusal::ReauthenticationRequired { .. }, Some(body)) = (refusal, body.as_object_mut()) {
        body.insert("code".into(), worded.code.into());
    }
    with_headers(Response::json(worded.status, &body), refusal)
}

fn broken(cx: &Cx, id: &str) -> Response {
    let timestamp = cx.now.rfc3339();
    let body = json!({
        "success": false, "error": "Internal error", "statusCode": 500, "timestamp": timestamp, "requestId": id,
    });
    Response::json(500, &body)
}

//! `/users/auth/magic-link/*`: signing in by mail.

use serde_json::{Value, json};

use crate::api::connections::user_shape;
use crate::api::factor::{self, Names};
use crate::api::magic_link;
use crate::cx::Cx;
use crate::domain::session::sessions::SessionSecret;
use crate::domain::sign_in::Step;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

/// `POST /users/auth/magic-link/request`: `{email}`; the same answer whether the address has an account or not.
pub(super) async fn request(cx: &Cx, call: &Call<'_>) -> Answer {
    magic_link::request(cx, call).await?;
    Ok(Response::json(200, &json!({ "success": true, "message": "Magic link sent to your email" })))
}

/// `POST /users/auth/magic-link/verify`: `{email, code}` or `{token}`, for a token and the user, or for what
/// `/api/auth/mfa/verify` completes.
pub(super) async fn verify(cx: &Cx, call: &Call<'_>) -> Answer {
    let mut body = match magic_link::verify(cx, call).await? {
        Step::SignedIn(signed_in) => match &signed_in.session_secret {
            SessionSecret::Tokens(tokens) => {
                json!({ "token": tokens.access, "user": user_shape(&signed_in.user, "magic-link-login") })
            }
            SessionSecret::Cookie(_) => json!({}),
        },
        Step::Second(waiting) => factor::challenge(cx, &waiting, Names::Camel, "challenge")?,
    };
    if let Some(body) = body.as_object_mut() {
        body.insert("success".into(), Value::Bool(true));
    }
    Ok(Response::json(200, &body))
}

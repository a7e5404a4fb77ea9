//! `POST /api/auth/login`: `{email, password}` for the user and a token pair.

use serde::Deserialize;
use serde_json::json;

use crate::api::session::{ok, user_shape};
use crate::cx::Cx;
use crate::domain::login::{self, Attempt};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    email: String,
    password: String,
}

pub(super) async fn login(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let attempt = Attempt { email: &body.email, password: &body.password };
    let (user, tokens) = login::for_tokens(cx, &call.chosen, attempt).await?;
    let pair = json!({ "accessToken": tokens.access, "refreshToken": tokens.refresh });
    Ok(ok(200, json!({ "user": user_shape(&user), "tokens": pair })))
}

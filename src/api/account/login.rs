//! `POST /auth/login`: `{email, password}` for a token pair.

use serde::Deserialize;

use crate::api::account::{ok, tokens_shape, user_shape};
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
    let mut shape = tokens_shape(&tokens);
    if let Some(shape) = shape.as_object_mut() {
        shape.insert("user".into(), user_shape(&user));
    }
    Ok(ok(200, &shape))
}

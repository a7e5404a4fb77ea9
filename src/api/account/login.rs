//! `POST /auth/login`: `{email, password}` for a token pair.

use serde::Deserialize;

use crate::api::account::shapes::SignIn;
use crate::cx::Cx;
use crate::domain::session::channel::Channel;
use crate::domain::sign_in::{self, Attempt};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    email: String,
    password: String,
}

pub(super) async fn login(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let attempt = Attempt { email: &body.email, password: &body.password };
    let step = sign_in::with_password(cx, &call.resolved, attempt, Channel::Api).await?;
    Ok(Response::json(200, &SignIn::of(cx, step)?))
}

//! `POST /auth/refresh`: `{refresh_token}` for a new pair.

use serde::Deserialize;

use crate::api::account::shapes::Tokens;
use crate::cx::Cx;
use crate::domain::session::refresh;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    refresh_token: String,
}

pub(super) async fn refresh(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let tokens = refresh::refresh(cx, &call.resolved, &body.refresh_token).await?;
    Ok(Response::json(200, &Tokens::from(tokens)))
}

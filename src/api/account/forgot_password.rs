//! `POST /auth/forgot-password`: `{email}`; the same answer whether the address has an account or not.

use serde::Deserialize;

use crate::api::account::message;
use crate::cx::Cx;
use crate::domain::sign_in::passwords;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    email: String,
}

pub(super) async fn forgot_password(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    passwords::forgot(cx, &call.resolved, &body.email, "").await?;
    Ok(message(200, "If the address has an account, a link to reset the password is on its way."))
}

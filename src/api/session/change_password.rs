//! `POST /api/auth/change-password`: `{currentPassword, newPassword}`; ends the user's other sessions.

use serde::Deserialize;

use crate::api::session::ok;
use crate::api::session::shapes::Message;
use crate::cx::Cx;
use crate::domain::session::principal::OwnSession;
use crate::domain::sign_in::passwords;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    /// Left out by a user who has none, soon after signing in by mail or with a passkey.
    #[serde(default)]
    current_password: String,
    new_password: String,
}

pub(super) async fn change_password(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    passwords::change(cx, &session, &body.current_password, &body.new_password).await?;
    Ok(ok(200, Message { message: "Password changed successfully" }))
}

//! `POST /auth/logout`: ends the session of the bearer token, or of `{refresh_token}`.

use serde::Deserialize;

use crate::api::account::message;
use crate::cx::Cx;
use crate::domain::session::{principal, refresh, sessions};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    #[serde(default)]
    refresh_token: Option<String>,
}

pub(super) async fn logout(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json_or_nothing(call, SMALL).await?;
    match &body.refresh_token {
        Some(token) => refresh::end(cx, &call.resolved, token).await?,
        None => {
            let session = principal::session(cx, &call.resolved, &call.sent()).await?;
            sessions::end(cx, &session.tenant.id, &session.user.id, session.id()).await?;
        }
    }
    Ok(message(200, "Logged out successfully"))
}

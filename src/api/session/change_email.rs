//! `/api/auth/change-email`: another address, once both mailboxes have agreed.

use serde::{Deserialize, Serialize};

use crate::api::session::ok;
use crate::api::session::shapes::Message;
use crate::cx::Cx;
use crate::domain::session::principal::{self, OwnSession};
use crate::domain::sign_in::email_change::{self, Confirmed};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    new_email: String,
    /// Of a user who has a password; who has none signed in just before.
    #[serde(default)]
    password: String,
}

/// The token of one of the two links.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Token {
    token: String,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct EmailChange {
    /// Whether the address is the new one: both mailboxes have agreed.
    changed: bool,
}

/// `POST /api/auth/change-email`: `{newEmail, password?}`.
pub(super) async fn change_email(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    email_change::request(cx, &session, &body.new_email, &body.password).await?;
    let message = "Please confirm the change by the links that were mailed to both addresses";
    Ok(ok(200, Message { message }))
}

/// `POST /api/auth/change-email/confirm`: `{token}`, of either link. The session of the caller, if it is the
/// user's own, goes on.
pub(super) async fn confirm(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Token = body::json(call, SMALL).await?;
    let session = principal::own_session(cx, &call.resolved, &call.sent()).await.ok();
    let confirmed = email_change::confirm(cx, &call.resolved, &body.token, session.as_ref()).await?;
    Ok(ok(200, EmailChange { changed: confirmed == Confirmed::Done }))
}

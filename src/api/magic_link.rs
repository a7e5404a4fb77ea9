//! Signing in by mail, as JSON surfaces read it.

use serde::Deserialize;

use crate::cx::Cx;
use crate::domain::refusal::{Error, invalid};
use crate::domain::session::channel::Channel;
use crate::domain::sign_in::{Step, magic_links};
use crate::http::body::{self, SMALL};
use crate::http::request::Call;

/// The address of a user who wants to sign in by mail.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(crate) struct Wanted {
    email: String,
}

/// What was mailed: the code with the address that it was mailed to, or the link's token.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(crate) struct Mailed {
    /// With `code`.
    #[serde(default)]
    email: Option<String>,
    /// Six digits.
    #[serde(default)]
    code: Option<String>,
    /// Instead: the `token` of the link.
    #[serde(default)]
    token: Option<String>,
}

/// Mails a link and a code.
pub(crate) async fn request(cx: &Cx, call: &Call<'_>) -> Result<(), Error> {
    let body: Wanted = body::json(call, SMALL).await?;
    magic_links::request(cx, &call.resolved, &body.email, "").await
}

/// Signs in by one of them, as far as that goes.
pub(crate) async fn verify(cx: &Cx, call: &Call<'_>) -> Result<Step, Error> {
    let body: Mailed = body::json(call, SMALL).await?;
    match (&body.email, &body.code, &body.token) {
        (Some(email), Some(code), None) => {
            magic_links::enter_code(cx, &call.resolved, email, code, Channel::Api).await
        }
        (_, None, Some(token)) => magic_links::follow(cx, &call.resolved, token, Channel::Api).await,
        _ => Err(invalid("code", "either email and code, or token")),
    }
}

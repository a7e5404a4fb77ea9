//! `/auth/reset-password`: GET shows the link's page; POST `{token, password}` sets the new password.

use serde::Deserialize;

use crate::api::account::message;
use crate::api::pages;
use crate::cx::Cx;
use crate::domain::passwords;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    /// Absent in a POST to the mailed link itself, which carries it.
    #[serde(default)]
    token: Option<String>,
    #[serde(alias = "new_password")]
    password: String,
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    pages::reset_password(cx, call, &call.query("token").unwrap_or_default()).await
}

pub(super) async fn reset(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json_or_form(call).await?;
    let token = body.token.or_else(|| call.query("token")).ok_or_else(|| invalid("token", "is missing"))?;
    let page = call.request.wants_page();
    match passwords::reset(cx, &token, &body.password).await {
        Ok(tenant) if page => pages::password_reset(cx, call, tenant).await,
        Ok(_) => Ok(message(200, "Your password is changed. Please sign in with it.")),
        Err(Error::Refused(refusal @ Refusal::Invalid(_))) if page => {
            pages::reset_refused(cx, call, &token, &refusal).await
        }
        Err(error) => Err(error),
    }
}

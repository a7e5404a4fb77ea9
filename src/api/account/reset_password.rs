//! `/auth/reset-password`: GET shows the link's page; POST `{token, password}` sets the new password.

use serde::Deserialize;

use crate::api::account::message;
use crate::api::pages;
use crate::cx::Cx;
use crate::domain::mailing::{self, Purpose};
use crate::domain::passwords;
use crate::domain::refusal::invalid;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
struct Body {
    /// Absent in a POST to the mailed link itself, which carries it.
    #[serde(default)]
    token: Option<String>,
    #[serde(alias = "new_password")]
    password: String,
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let token = call.query("token").unwrap_or_default();
    let tenant = mailing::tenant_of_link(cx, &token, Purpose::ResetPassword).await?;
    pages::reset_password(&tenant.name, &token, tenant.settings.min_password_length)
}

pub(super) async fn reset(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json_or_form(call).await?;
    let token = body.token.or_else(|| call.query("token")).ok_or_else(|| invalid("token", "is missing"))?;
    let tenant = passwords::reset(cx, &token, &body.password).await?;
    let done = "Your password is changed. Please sign in with it.";
    if pages::wants_page(call.request) {
        return pages::notice("Password changed", done, Some(&tenant.id));
    }
    Ok(message(200, done))
}

//! `/auth/reset-password`: GET shows the link's page; POST `{token, password}` sets the new password.

use serde::Deserialize;

use crate::api::account::message;
use crate::api::pages;
use crate::cx::Cx;
use crate::domain::passwords;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
struct Body {
    token: String,
    #[serde(alias = "new_password")]
    password: String,
}

pub(super) async fn show(_: &Cx, call: &Call<'_>) -> Answer {
    let tenant = &call.chosen.tenant;
    let shortest = tenant.settings.min_password_length;
    pages::reset_password(&tenant.name, &call.query("token").unwrap_or_default(), shortest)
}

pub(super) async fn reset(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json_or_form(call).await?;
    passwords::reset(cx, &call.chosen, &body.token, &body.password).await?;
    let done = "Your password is changed. Please sign in with it.";
    if pages::wants_page(call.request) {
        return pages::notice("Password changed", done, Some(&call.chosen.tenant.id));
    }
    Ok(message(200, done))
}

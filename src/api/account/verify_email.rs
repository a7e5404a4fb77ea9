//! `/auth/verify-email`: GET shows the link's page and changes nothing, so that a mail scanner's visit does
//! not use it up; POST confirms.

use serde::Deserialize;

use crate::api::account::message;
use crate::api::pages;
use crate::cx::Cx;
use crate::domain::register;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
struct Body {
    token: String,
}

pub(super) async fn show(_: &Cx, call: &Call<'_>) -> Answer {
    pages::verify_email(&call.chosen.tenant.name, &call.query("token").unwrap_or_default())
}

pub(super) async fn confirm(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json_or_form(call).await?;
    register::verify_email(cx, &body.token).await?;
    let done = "Your email address is verified.";
    if pages::wants_page(call.request) {
        return pages::notice("Address confirmed", done, Some(&call.chosen.tenant.id));
    }
    Ok(message(200, done))
}

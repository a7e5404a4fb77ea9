//! `/auth/verify-email`: GET shows the link's page and changes nothing, so that a mail scanner's visit does
//! not use it up; POST confirms.

use serde::Deserialize;

use crate::api::account::message;
use crate::api::pages;
use crate::cx::Cx;
use crate::domain::mailing::{self, Purpose};
use crate::domain::register;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
struct Body {
    token: String,
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let token = call.query("token").unwrap_or_default();
    let tenant = mailing::tenant_of_link(cx, &token, Purpose::VerifyEmail).await?;
    pages::verify_email(&tenant.name, &token)
}

pub(super) async fn confirm(cx: &Cx, call: &Call<'_>) -> Answer {
    // A POST to the mailed link itself carries the token where the link does.
    let token = match call.query("token") {
        Some(token) => token,
        None => body::json_or_form::<Body>(call).await?.token,
    };
    let tenant = register::verify_email(cx, &token).await?;
    let done = "Your email address is verified.";
    if pages::wants_page(call.request) {
        return pages::notice("Address confirmed", done, Some(&tenant.id));
    }
    Ok(message(200, done))
}

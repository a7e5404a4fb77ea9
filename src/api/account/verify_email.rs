//! `/auth/verify-email`: GET shows the link's page and changes nothing, so that a mail scanner's visit does
//! not use it up; POST confirms.

use serde::Deserialize;

use crate::api::account::message;
use crate::api::pages;
use crate::cx::Cx;
use crate::domain::sign_in::register;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    token: String,
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    pages::verify_email(cx, call, &call.query("token").unwrap_or_default()).await
}

pub(super) async fn confirm(cx: &Cx, call: &Call<'_>) -> Answer {
    // A POST to the mailed link itself carries the token where the link does.
    let token = match call.query("token") {
        Some(token) => token,
        None => body::json_or_form::<Body>(call).await?.token,
    };
    let tenant = match register::verify_email(cx, &token).await {
        Ok(tenant) => tenant,
        Err(error) => return pages::verified_already(cx, call, &token, error).await,
    };
    if call.request.wants_page() {
        return pages::email_verified(cx, call, tenant).await;
    }
    Ok(message(200, "Your email address is verified."))
}

//! `POST /auth/sso/start`: `{email}` for where the person of a company signs in.

use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::domain::tenants;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::email::Email;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    email: String,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    /// Where to send the person's browser.
    auth_url: String,
}

/// Every domain without single sign-on is told alike, whatever else is known of it.
pub(super) async fn start(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let email = Email::parse(&body.email).ok_or(Refusal::NotFound)?;
    let domain = call.resolved.verified_domain(email.domain()).ok_or(Refusal::NotFound)?;
    let tenant = tenants::by_id(cx, &domain.tenant_id).await?.ok_or(Refusal::NotFound)?;
    let hint: String = url::form_urlencoded::byte_serialize(email.shown().as_bytes()).collect();
    let auth_url = tenant.page_url(&format!("sso/{}?login_hint={hint}", domain.provider_id));
    Ok(Response::json(200, &Start { auth_url }))
}

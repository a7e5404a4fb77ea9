//! `POST /setup`: `{token, email, password, name}` makes the first administrator, once, and names the home tenant.

use serde::{Deserialize, Serialize};

use crate::api::tenant::users::User;
use crate::cx::Cx;
use crate::domain::admin::setup;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    token: String,
    email: String,
    password: String,
    /// The deployment's name in mails, pages and authenticator apps; its domain if absent.
    #[serde(default)]
    name: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Setup {
    tenant_id: String,
    user: User,
}

pub(super) async fn setup(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let user = setup::setup(cx, &body.token, &body.email, &body.password, body.name.as_deref()).await?;
    let tenant_id = user.tenant_id.clone();
    Ok(Response::json(201, &Setup { tenant_id, user: user.into() }))
}

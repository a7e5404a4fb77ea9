//! `POST /setup`: `{token, email, password, name}` makes the first administrator, once, and names the home tenant.

use serde::Deserialize;
use serde_json::json;

use crate::api::tenant::users::shape;
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

pub(super) async fn setup(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let user = setup::setup(cx, &body.token, &body.email, &body.password, body.name.as_deref()).await?;
    Ok(Response::json(201, &json!({ "tenantId": user.tenant_id, "user": shape(&user) })))
}

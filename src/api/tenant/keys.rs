//! `POST v2/Keys/rotate`: rotates the signing keys now. `{"revoke": true}` refuses at once whatever the
//! keys before signed.

use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::domain::key_rotation;
use crate::domain::session::principal::Admin;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[serde(default)]
    revoke: bool,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Rotated {
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    active_at: String,
    kid: String,
}

pub(super) async fn rotate(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let body: Body = body::json_or_nothing(call, SMALL).await?;
    let rotated = key_rotation::rotate(cx, &admin.tenant, admin.actor(), body.revoke).await?;
    Ok(Response::json(200, &Rotated { active_at: rotated.active_at.rfc3339(), kid: rotated.kid }))
}

//! `/auth/apikeys/{id}`: keys that people have from a provider.

use serde::{Deserialize, Serialize};

use crate::api::connections::shapes::Succeeded;
use crate::cx::Cx;
use crate::domain::session::principal::OwnSession;
use crate::domain::vault::keys;
use crate::domain::vault::reader::VaultReader;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    /// At most 4096 characters of printable ASCII.
    api_key: String,
    /// What tells several keys of one provider apart.
    #[serde(default)]
    label: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Key<'a> {
    success: bool,
    api_key: &'a str,
}

pub(super) async fn store(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    keys::store(cx, &session, call.param("id"), body.label.as_deref(), &body.api_key).await?;
    Ok(Response::json(200, &Succeeded::new()))
}

pub(super) async fn retrieve(cx: &Cx, call: &Call<'_>, reader: VaultReader) -> Answer {
    let (user_id, label) = (call.query("userId"), call.query("label"));
    let key = keys::retrieve(cx, &reader, call.param("id"), user_id.as_deref(), label.as_deref()).await?;
    Ok(Response::json(200, &Key { success: true, api_key: key.as_str() }))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    keys::delete(cx, &session, call.param("id"), call.query("label").as_deref()).await?;
    Ok(Response::json(200, &Succeeded::new()))
}

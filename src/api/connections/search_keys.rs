//! `/auth/google-search-keys`: the Google Search configuration of a tenant.

use serde::{Deserialize, Serialize};

use crate::api::connections::shapes::Succeeded;
use crate::cx::Cx;
use crate::domain::session::principal::{CredentialAdmin, Session};
use crate::domain::vault::search_keys;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct SearchKeys<'a> {
    api_key: &'a str,
    search_engine_id: &'a str,
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct NewSearchKeys {
    api_key: String,
    search_engine_id: String,
}

pub(super) async fn read(cx: &Cx, _: &Call<'_>, session: Session) -> Answer {
    let (key, search_engine_id) = search_keys::read(cx, &session).await?;
    let shown = SearchKeys { api_key: key.as_str(), search_engine_id: &search_engine_id };
    Ok(Response::json(200, &shown))
}

pub(super) async fn set(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let body: NewSearchKeys = body::json(call, SMALL).await?;
    search_keys::set(cx, &admin, &body.api_key, &body.search_engine_id).await?;
    Ok(Response::json(200, &Succeeded::new()))
}

pub(super) async fn delete(cx: &Cx, _: &Call<'_>, admin: CredentialAdmin) -> Answer {
    search_keys::delete(cx, &admin).await?;
    Ok(Response::json(200, &Succeeded::new()))
}

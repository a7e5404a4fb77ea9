//! `POST /users/generate-api-key`: a key with the scopes `read` and `write`, shown once. The body may name
//! it and narrow its scopes.

use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::domain::admin::api_keys::{self, NewKey};
use crate::domain::session::principal::KeyMaker;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    scopes: Option<Vec<String>>,
    /// The caller's, where they have not signed in for a day.
    #[serde(default)]
    password: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiKey {
    /// The key, shown this once.
    api_key: String,
    success: bool,
}

pub(super) async fn generate_api_key(cx: &Cx, call: &Call<'_>, maker: KeyMaker) -> Answer {
    let body: Body = body::json_or_nothing(call, SMALL).await?;
    let new = NewKey {
        name: body.name.as_deref().unwrap_or("API key"),
        scopes: body.scopes.unwrap_or_else(|| vec!["read".into(), "write".into()]),
        expires_at: None,
        password: body.password.as_deref(),
    };
    let (_, api_key) = api_keys::create(cx, &maker, new).await?;
    Ok(Response::json(200, &ApiKey { api_key, success: true }))
}

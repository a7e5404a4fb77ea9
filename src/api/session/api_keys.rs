//! `/api/auth/api-keys`: the caller's keys. A key is shown once, when it is made.

use serde::{Deserialize, Serialize};

use crate::api::session::ok;
use crate::api::session::shapes::Revoked;
use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::admin::api_keys::{self, NewKey};
use crate::domain::session::principal::{KeyMaker, OwnSession};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::store::api_keys::ApiKey as Row;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    name: String,
    scopes: Vec<String>,
    #[serde(default)]
    expires_at: Option<String>,
    /// The caller's, where they have not signed in for a day.
    #[serde(default)]
    password: Option<String>,
}

/// An API key, as its user sees it.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKey {
    /// The key itself, shown only when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(crate) api_key: Option<String>,
    /// For a key that a client made through a grant: it ends with the grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    client: Option<KeyClient>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    expires_at: Option<String>,
    id: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_used_at: Option<String>,
    name: String,
    /// What the key starts with.
    prefix: String,
    scopes: Vec<String>,
}

/// The client that made a key.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(crate) struct KeyClient {
    id: String,
    name: String,
}

impl From<Row> for ApiKey {
    fn from(key: Row) -> ApiKey {
        ApiKey {
            api_key: None,
            client: key.client.map(|(id, name)| KeyClient { id, name }),
            created_at: key.created_at.rfc3339(),
            expires_at: key.expires_at.map(|at| at.rfc3339()),
            id: key.id,
            last_used_at: key.last_used_at.map(|at| at.rfc3339()),
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes,
        }
    }
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, maker: KeyMaker) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let (expires_at, password) = (body.expires_at.as_deref(), body.password.as_deref());
    let new = NewKey { name: &body.name, scopes: body.scopes, expires_at, password };
    let (key, secret) = api_keys::create(cx, &maker, new).await?;
    Ok(ok(201, ApiKey { api_key: Some(secret), ..key.into() }))
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let keys = api_keys::list(cx, &session, &page(call)?).await?;
    Ok(ok(200, listed(keys, ApiKey::from)))
}

pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    api_keys::revoke(cx, &session, call.param("id")).await?;
    Ok(ok(200, Revoked { revoked: true }))
}

//! `/api/auth/api-keys`: the caller's keys. A key is shown once, when it is made.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::session::ok;
use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::admin::api_keys::{self, NewKey};
use crate::domain::session::principal::{KeyMaker, OwnSession};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::store::api_keys::ApiKey;

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

/// A key, without itself.
pub(crate) fn shape(key: &ApiKey) -> Value {
    let mut shape = json!({
        "id": key.id, "name": key.name, "scopes": key.scopes, "prefix": key.prefix,
        "createdAt": key.created_at.rfc3339(),
        "lastUsedAt": key.last_used_at.map(|at| at.rfc3339()),
        "expiresAt": key.expires_at.map(|at| at.rfc3339()),
    });
    // One that a client made through a grant, with which it ends.
    if let (Some((id, name)), Some(shape)) = (&key.client, shape.as_object_mut()) {
        shape.insert("client".into(), json!({ "id": id, "name": name }));
    }
    shape
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, maker: KeyMaker) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let (expires_at, password) = (body.expires_at.as_deref(), body.password.as_deref());
    let new = NewKey { name: &body.name, scopes: body.scopes, expires_at, password };
    let (key, secret) = api_keys::create(cx, &maker, new).await?;
    let mut data = shape(&key);
    if let Some(data) = data.as_object_mut() {
        data.insert("apiKey".into(), secret.into());
    }
    Ok(ok(201, data))
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let keys = api_keys::list(cx, &session, &page(call)?).await?;
    Ok(ok(200, listed(&keys, shape)))
}

pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    api_keys::revoke(cx, &session, call.param("id")).await?;
    Ok(ok(200, json!({ "revoked": true })))
}

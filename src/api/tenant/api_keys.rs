//! `v2/ApiKeys` and `v2/Users/{id}/ApiKeys`: the tenant's keys, its own and those that act for a user of it. A key is shown once, when it is
//! made.

use serde::{Deserialize, Serialize};

use crate::api::session::api_keys::ApiKey;
use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::admin::api_keys::{self, NewKey};
use crate::domain::session::principal::CredentialAdmin;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::{Response, Sorted};
use crate::store::api_keys::ApiKey as Row;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct New {
    name: String,
    scopes: Vec<String>,
    /// The roles of a key of the tenant's own.
    #[serde(default)]
    roles: Vec<String>,
    /// The user that it acts for; without one it is the tenant's own.
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
    /// The administrator's, who calls in a session of their own and has not signed in for a day.
    #[serde(default)]
    password: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct TenantApiKey {
    #[serde(flatten)]
    key: ApiKey,
    roles: Vec<String>,
    /// The user that it acts for; null for the tenant's own.
    user_id: Option<String>,
}

/// As its user sees it, with whose it is.
fn shape(key: Row) -> Sorted<TenantApiKey> {
    Sorted(TenantApiKey { roles: key.roles.clone(), user_id: key.user_id.clone(), key: key.into() })
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let keys = api_keys::list_by_admin(cx, &admin, &page(call)?).await?;
    Ok(Response::json(200, &listed(keys, shape)))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let body: New = body::json(call, SMALL).await?;
    let (expires_at, password) = (body.expires_at.as_deref(), body.password.as_deref());
    let new = NewKey { name: &body.name, scopes: body.scopes, expires_at, password };
    let (key, secret) =
        api_keys::create_by_admin(cx, &admin, body.user_id.as_deref(), body.roles, new).await?;
    let location = format!("/tenant/{}/v2/ApiKeys/{}", key.tenant_id, key.id);
    let mut made = shape(key);
    made.0.key.api_key = Some(secret);
    Ok(Response::json(201, &made).with("location", location))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    Ok(Response::json(200, &shape(api_keys::find(cx, &admin, call.param("id")).await?)))
}

pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    api_keys::revoke_by_admin(cx, &admin, call.param("id")).await?;
    Ok(Response::empty(204))
}

pub(super) async fn list_of_user(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let keys = api_keys::list_of_user(cx, &admin, call.param("id"), &page(call)?).await?;
    Ok(Response::json(200, &listed(keys, shape)))
}

pub(super) async fn revoke_of_user(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    api_keys::revoke_of_user(cx, &admin, call.param("id"), call.param("key")).await?;
    Ok(Response::empty(204))
}

//! `/auth/connections`: one connection, and what administrators do with them.

use serde::{Deserialize, Serialize};

use crate::api::connections::connected::App;
use crate::cx::Cx;
use crate::domain::refusal::invalid;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::vault::connections;
use crate::domain::vault::imports::{self, Imported};
use crate::domain::vault::reader::VaultReader;
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::reason::Reason;

pub(super) async fn read(cx: &Cx, call: &Call<'_>, reader: VaultReader) -> Answer {
    let (user_id, scopes) = (call.query("userId"), call.query("scopes"));
    let found =
        connections::find(cx, &reader, call.param("id"), user_id.as_deref(), scopes.as_deref()).await?;
    Ok(Response::json(200, &App::from(found)))
}

/// A connection that an administrator brings along.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewConnection {
    /// Whose.
    user_id: String,
    provider_id: String,
    #[serde(default)]
    label: Option<String>,
    /// Who the person is there.
    #[serde(default)]
    account: Option<String>,
    /// `oauth`: required.
    #[serde(default)]
    access_token: Option<String>,
    /// `oauth`.
    #[serde(default)]
    refresh_token: Option<String>,
    /// Seconds that the access token is still good for. If absent it is renewed at its first use, or has no end where there is
    /// no `refreshToken`.
    #[serde(default)]
    expires_in: Option<i64>,
    /// What was granted.
    #[serde(default)]
    scopes: Vec<String>,
    /// `api_key`: required.
    #[serde(default)]
    api_key: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Made {
    success: bool,
    /// The connection's id.
    id: String,
}

pub(super) async fn import(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let body: NewConnection = body::json(call, LARGE).await?;
    let NewConnection { user_id, provider_id, label, account, .. } = body;
    let imported = Imported {
        user_id,
        provider_id,
        label,
        account,
        access_token: body.access_token,
        refresh_token: body.refresh_token,
        expires_in: body.expires_in,
        scopes: body.scopes,
        api_key: body.api_key,
    };
    let id = imports::import(cx, &admin, imported).await?;
    Ok(Response::json(201, &Made { success: true, id }))
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Ended {
    success: bool,
    /// How many connections there were.
    ended: usize,
}

pub(super) async fn revoke_all(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let provider_id = call.query("providerId").ok_or_else(|| invalid("providerId", Reason::Missing))?;
    let ended = imports::revoke_all(cx, &admin, &provider_id).await?;
    Ok(Response::json(200, &Ended { success: true, ended }))
}

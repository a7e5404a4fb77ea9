//! `GET /auth/connected`: what a person has connected.

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::vault::connections::{self, Shown};
use crate::domain::vault::reader::VaultReader;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::state::{ConnectionKind, ConnectionStatus};

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Connected {
    success: bool,
    connected_apps: Vec<App>,
}

/// A connection, without what it holds.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct App {
    /// The provider's id.
    provider: String,
    /// Who the person is there: mostly an address.
    email: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    connected_at: String,
    connection_type: ConnectionKind,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    expires_at: Option<String>,
    id: String,
    /// What tells several connections of one provider apart; empty by default.
    label: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_used_at: Option<String>,
    /// What is asked for by default, or was asked about, and was not granted.
    missing_scopes: Vec<String>,
    /// What was granted there.
    scopes: Vec<String>,
    status: ConnectionStatus,
}

impl From<Shown> for App {
    fn from(Shown { connection, missing_scopes }: Shown) -> App {
        let scopes = connection.scopes.split(' ').filter(|scope| !scope.is_empty());
        App {
            scopes: scopes.map(str::to_owned).collect(),
            provider: connection.provider_id,
            email: connection.account,
            connected_at: connection.created_at.rfc3339(),
            connection_type: connection.kind,
            expires_at: connection.expires_at.map(|at| at.rfc3339()),
            id: connection.id,
            label: connection.label,
            last_used_at: connection.last_used_at.map(|at| at.rfc3339()),
            missing_scopes,
            status: connection.status,
        }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, reader: VaultReader) -> Answer {
    let (provider_id, user_id) = (call.query("providerId"), call.query("userId"));
    let found = connections::list(cx, &reader, provider_id.as_deref(), user_id.as_deref()).await?;
    let connected_apps = found.into_iter().map(App::from).collect();
    Ok(Response::json(200, &Connected { success: true, connected_apps }))
}

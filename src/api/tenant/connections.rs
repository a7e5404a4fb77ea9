//! `v2/Users/{id}/Connections`: what a user has connected in the vault, never its tokens.

use serde::Serialize;

use crate::api::tenant::list::whole;
use crate::cx::Cx;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::vault::connections::{self, Connection as Row};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::state::{ConnectionKind, ConnectionStatus};

/// A connection of a user to a service.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection {
    /// Who the user is there: mostly an address.
    account: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    connected_at: String,
    connection_type: ConnectionKind,
    /// When the access token ends.
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    expires_at: Option<String>,
    id: String,
    /// What tells several connections of one provider apart; empty by default.
    label: String,
    /// To the hour.
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_used_at: Option<String>,
    /// The provider's id.
    provider: String,
    provider_name: String,
    /// What was granted there.
    scopes: Vec<String>,
    status: ConnectionStatus,
}

impl From<(Row, String)> for Connection {
    fn from((connection, provider_name): (Row, String)) -> Connection {
        Connection {
            account: connection.account,
            connected_at: connection.created_at.rfc3339(),
            connection_type: connection.kind,
            expires_at: connection.expires_at.map(|at| at.rfc3339()),
            id: connection.id,
            label: connection.label,
            last_used_at: connection.last_used_at.map(|at| at.rfc3339()),
            provider: connection.provider_id,
            provider_name,
            scopes: connection.scopes.split_ascii_whitespace().map(str::to_owned).collect(),
            status: connection.status,
        }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let found = connections::list_by_admin(cx, &admin, call.param("id")).await?;
    Ok(Response::json(200, &whole(found, Connection::from)))
}

pub(super) async fn end(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    connections::end_by_admin(cx, &admin, call.param("id"), call.param("connection")).await?;
    Ok(Response::empty(204))
}

//! `v2/Users/{id}/Sessions`: what of a user is alive, and ending it.

use serde::Serialize;

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::people;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::session::sessions::{self, SessionSummary};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    address: String,
    /// How the user signed in, as `pwd`.
    amr: Vec<String>,
    /// The client that it was granted to; null for a session of the user's own.
    client_id: Option<String>,
    client_name: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    expires_at: String,
    id: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_seen_at: String,
    scope: Option<String>,
    user_agent: String,
}

impl From<SessionSummary> for Session {
    fn from(session: SessionSummary) -> Session {
        let (client_id, client_name) = session.client.unzip();
        Session {
            address: session.address,
            amr: session.amr,
            client_id,
            client_name,
            created_at: session.created_at.rfc3339(),
            expires_at: session.expires_at.rfc3339(),
            id: session.id,
            last_seen_at: session.seen_at.rfc3339(),
            scope: session.scope,
            user_agent: session.user_agent,
        }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let user = people::find(cx, &admin.tenant, call.param("id")).await?;
    let sessions = sessions::list_by_admin(cx, &admin, &user.id, &page(call)?).await?;
    Ok(Response::json(200, &listed(sessions, Session::from)))
}

pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    sessions::revoke_by_admin(cx, &admin, call.param("id"), call.param("sid")).await?;
    Ok(Response::empty(204))
}

//! `v2/Users/{id}/Sessions`: what of a user is alive, and ending it.

use serde_json::{Value, json};

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::people;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::session::sessions::{self, SessionSummary};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

/// A session as its user and administrators see it.
pub(crate) fn shape(session: &SessionSummary) -> Value {
    let (id, name) = session.client.as_ref().map(|(id, name)| (id, name)).unzip();
    json!({
        "id": session.id, "clientId": id, "clientName": name, "scope": session.scope, "amr": session.amr,
        "address": session.address, "userAgent": session.user_agent,
        "createdAt": session.created_at.rfc3339(), "lastSeenAt": session.seen_at.rfc3339(),
        "expiresAt": session.expires_at.rfc3339(),
    })
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let user = people::find(cx, &admin.tenant, call.param("id")).await?;
    let sessions = sessions::list_by_admin(cx, &admin, &user.id, &page(call)?).await?;
    Ok(Response::json(200, &listed(&sessions, shape)))
}

pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    sessions::revoke_by_admin(cx, &admin, call.param("id"), call.param("sid")).await?;
    Ok(Response::empty(204))
}

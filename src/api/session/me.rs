//! `GET /api/auth/me`: the caller.

use serde_json::json;

use crate::api::session::ok;
use crate::cx::Cx;
use crate::domain::session::principal::Session;
use crate::http::guard::Answer;
use crate::http::request::Call;

pub(super) async fn me(_: &Cx, _: &Call<'_>, session: Session) -> Answer {
    let user = &session.user;
    let user = json!({
        "id": user.id, "email": user.email, "emailVerified": user.email_verified, "name": user.name,
        "roles": user.roles, "tenantId": user.tenant_id, "plan": session.plan(),
    });
    Ok(ok(200, json!({ "user": user })))
}

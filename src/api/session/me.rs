//! `GET /api/auth/me`: the caller.

use serde::Serialize;

use crate::api::session::ok;
use crate::cx::Cx;
use crate::domain::session::principal::Session;
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Me {
    user: Profile,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Profile {
    email: String,
    email_verified: bool,
    id: String,
    name: Option<String>,
    plan: String,
    roles: Vec<String>,
    tenant_id: String,
}

pub(super) async fn me(_: &Cx, _: &Call<'_>, session: Session) -> Answer {
    let user = &session.user;
    let user = Profile {
        email: user.email.clone(),
        email_verified: user.email_verified,
        id: user.id.clone(),
        name: user.name.clone(),
        plan: session.plan().to_owned(),
        roles: user.roles.clone(),
        tenant_id: user.tenant_id.clone(),
    };
    Ok(ok(200, Me { user }))
}

//! `v2/JoinRequests`: people of the organisation that has a trial tenant who want to join it.

use serde::Serialize;

use crate::api::tenant::list::{listed, page};
use crate::api::tenant::users::User;
use crate::cx::Cx;
use crate::domain::federation::trials;
use crate::domain::session::principal::{Admin, CredentialAdmin};
use crate::domain::session::recency::{self, Lasting};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::store::join_requests;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct JoinRequest {
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    asked_at: String,
    email: String,
    /// Whether the provider that they came by is authoritative for the address.
    email_verified: bool,
    id: String,
    name: Option<String>,
    /// The home tenant's provider that they came by.
    provider: String,
}

impl From<join_requests::JoinRequest> for JoinRequest {
    fn from(request: join_requests::JoinRequest) -> JoinRequest {
        JoinRequest {
            asked_at: request.asked_at.rfc3339(),
            email: request.email,
            email_verified: request.email_verified,
            id: request.id,
            name: request.name,
            provider: request.provider_id,
        }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    Ok(Response::json(
        200,
        &listed(trials::waiting(cx, &admin.tenant, &page(call)?).await?, JoinRequest::from),
    ))
}

pub(super) async fn accept(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    recency::require(cx, &admin, Lasting::ApiKey).await?;
    let user = trials::accept(cx, &admin, call.param("id")).await?;
    let location = format!("/tenant/{}/v2/Users/{}", user.tenant_id, user.id);
    Ok(Response::json(201, &User::from(user)).with("location", location))
}

pub(super) async fn decline(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    trials::decline(cx, &admin, call.param("id")).await?;
    Ok(Response::empty(204))
}

//! `v2/Users/{id}/Consents`: the clients that may act for a user.

use serde::Serialize;

use crate::api::tenant::list::whole;
use crate::cx::Cx;
use crate::domain::oauth::consents;
use crate::domain::people;
use crate::domain::session::principal::CredentialAdmin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

/// What a user lets a client do.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Consent {
    client_id: String,
    client_name: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    granted_at: String,
    scopes: Vec<String>,
}

impl From<consents::Consent> for Consent {
    fn from(consent: consents::Consent) -> Consent {
        Consent {
            client_id: consent.client_id,
            client_name: consent.client_name,
            granted_at: consent.granted_at.rfc3339(),
            scopes: consent.scope.split_ascii_whitespace().map(str::to_owned).collect(),
        }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let user = people::find(cx, &admin.tenant, call.param("id")).await?;
    let found = consents::list_by_admin(cx, &admin, &user.id).await?;
    Ok(Response::json(200, &whole(found, Consent::from)))
}

pub(super) async fn revoke(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let user = people::find(cx, &admin.tenant, call.param("id")).await?;
    consents::revoke_by_admin(cx, &admin, &user.id, call.param("client")).await?;
    Ok(Response::empty(204))
}

//! `/api/auth/identities`: who the caller is at identity providers.

use serde::Serialize;

use crate::api::session::ok;
use crate::api::session::shapes::Revoked;
use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::federation::identities::{self, LinkedIdentity, Which};
use crate::domain::session::principal::OwnSession;
use crate::http::guard::Answer;
use crate::http::request::Call;

/// Who a user is at a provider.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    /// The address that the provider named last.
    email: Option<String>,
    id: String,
    issuer: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    last_used_at: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    linked_at: String,
    /// The provider's id.
    provider: String,
    /// What the provider calls the person.
    subject: String,
}

impl From<LinkedIdentity> for Identity {
    fn from(identity: LinkedIdentity) -> Identity {
        Identity {
            email: identity.email,
            id: identity.id,
            issuer: identity.issuer,
            last_used_at: identity.last_used_at.map(|at| at.rfc3339()),
            linked_at: identity.linked_at.rfc3339(),
            provider: identity.provider_id,
            subject: identity.subject,
        }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let found = identities::list(cx, &session.tenant, &session.user.id, &page(call)?).await?;
    Ok(ok(200, listed(found, Identity::from)))
}

pub(super) async fn unlink(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    identities::unlink(cx, &session, Which::Named(call.param("id"))).await?;
    Ok(ok(200, Revoked { revoked: true }))
}

pub(super) async fn unlink_at(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let (provider, subject) = (call.query("provider"), call.query("subject"));
    let which = Which::At(provider.as_deref(), subject.as_deref());
    identities::unlink(cx, &session, which).await?;
    Ok(ok(200, Revoked { revoked: true }))
}

//! `v2/Users/{id}/Identities`: who a user is at identity providers.

use crate::api::session::identities::Identity;
use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::federation::identities::{self, Which};
use crate::domain::session::principal::CredentialAdmin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let found = identities::list_of(cx, &admin.tenant, call.param("id"), &page(call)?).await?;
    Ok(Response::json(200, &listed(found, Identity::from)))
}

pub(super) async fn unlink(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let which = Which::Named(call.param("identity"));
    identities::unlink_of(cx, &admin, call.param("id"), which).await?;
    Ok(Response::empty(204))
}

pub(super) async fn unlink_at(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let (provider, subject) = (call.query("provider"), call.query("subject"));
    let which = Which::At(provider.as_deref(), subject.as_deref());
    identities::unlink_of(cx, &admin, call.param("id"), which).await?;
    Ok(Response::empty(204))
}

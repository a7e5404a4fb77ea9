//! `v2/Users/{id}/Passkeys`: the passkeys of a user.

use crate::api::session::passkeys::Passkey;
use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::admin::passkeys;
use crate::domain::session::principal::CredentialAdmin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let found = passkeys::list(cx, &admin, call.param("id"), &page(call)?).await?;
    Ok(Response::json(200, &listed(found, Passkey::from)))
}

pub(super) async fn remove(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    passkeys::remove(cx, &admin, call.param("id"), call.param("passkey")).await?;
    Ok(Response::empty(204))
}

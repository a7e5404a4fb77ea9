//! Who may say what people of a tenant connect, and what an isolate forgets then.

use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::session::delegation;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::session::recency::{self, Lasting};
use crate::model::role::ADMIN;

/// Whether an administrator may manage the vault: where its providers are, people's tokens go.
///
/// # Errors
/// As [`recency::require`]; as [`delegation::may_give_user`] for who is not in a session of their own.
pub(super) async fn may_manage(cx: &Cx, admin: &CredentialAdmin) -> Result<(), Error> {
    recency::require(cx, admin, Lasting::ApiKey).await?;
    delegation::may_give_user(cx, admin, &[], &[ADMIN.to_owned()]).await
}

//! Who may change how people of a tenant sign in, and what an isolate forgets then.

use crate::cx::Cx;
use crate::domain::change::Change;
use crate::domain::refusal::Error;
use crate::domain::session::delegation;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::session::recency::{self, Lasting};
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::model::role::ADMIN;

/// Whether an administrator may change how people sign in.
///
/// # Errors
/// As [`recency::require`]; as [`delegation::may_give_user`] for who is not in a session of their own.
pub(crate) async fn may_manage(cx: &Cx, admin: &CredentialAdmin) -> Result<(), Error> {
    recency::require(cx, admin, Lasting::ApiKey).await?;
    delegation::may_give_user(cx, admin, &[], &[ADMIN.to_owned()]).await
}

/// Has the isolate forget what it knows of the tenant's providers and domains, which the tenants of its directory share.
pub(super) fn forget<'a>(change: &mut Change<'a>, tenant: &'a Tenant) {
    change.invalidates(Invalidation::Tenant(&tenant.id)).invalidates(Invalidation::Tenant(&tenant.directory));
}

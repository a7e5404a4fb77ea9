//! The end of an account: a user is deleted with everything that is theirs.

use crate::crypto::secret::base64url;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::people;
use crate::domain::refusal::{Error, LAST_ADMIN, Refusal};
use crate::domain::tenants::Tenant;
use crate::domain::vault::revocations;
use crate::ports::Fault;
use crate::store;

/// Deletes a user with everything that is theirs. The log still says what was done, by and to a pseudonym: the
/// same for all that one user did, and nobody's to turn back.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for the operator and for the last active administrator.
pub(crate) async fn delete_user(cx: &Cx, tenant: &Tenant, actor: &str, id: &str) -> Result<(), Error> {
    let user = people::find(cx, tenant, id).await?;
    if user.operator {
        return Err(Refusal::Conflict("the operator cannot be deleted").into());
    }
    let pseudonym = pseudonym(cx, tenant, id)?;
    let mut change = Change::new(cx, &tenant.id, Entry::ok("user.deleted").by(actor).on(id));
    change.take(store::administrators::release(&tenant.id, id));
    // Before the sessions go: their clients hear that this person is signed out.
    change.then(store::logout_deliveries::owe_all_of(id, cx.now));
    change.then(store::vault_revocations::owe_all_of_user(id, cx.now));
    change.then_all(store::erasure::forget(&user));
    change.then(store::users::delete(&tenant.id, id));
    change.then(store::erasure::pseudonymise(&user, &pseudonym));
    change.ends_sessions_of(id);
    change.keeps_a_way_in_without(&user);
    if change.commit_or_refuse().await?.is_some() {
        revocations::deliver_in_background(cx);
        return Ok(());
    }
    Err(match store::administrators::is_last(cx.db.as_ref(), &tenant.id, id).await? {
        Some(_) => LAST_ADMIN.into(),
        None => Refusal::NotFound.into(),
    })
}

/// What stands for a deleted user in the log: a hash under a key of ours.
fn pseudonym(cx: &Cx, tenant: &Tenant, id: &str) -> Result<String, Fault> {
    let hash = cx.sealer(&tenant.id, "erased-users")?.mac(id.as_bytes());
    Ok(format!("erased:{}", base64url(hash.get(..9).unwrap_or_default())))
}

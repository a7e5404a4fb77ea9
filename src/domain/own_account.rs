//! The end of one's own account.

use crate::crypto::password::Check;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::erasure;
use crate::domain::passwords;
use crate::domain::principal::OwnSession;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::sign_in::needs_second;
use crate::model::factor::has_two;
use crate::store;

/// How long after signing in one who has no password may delete the account, in seconds.
const FRESH: i64 = 600;

/// Deletes the account of one who is signed in and knows its password, with everything that is theirs.
///
/// # Errors
/// [`Refusal::MfaRequired`] in a session that has not proved the second factor that its user has;
/// [`Refusal::WrongPassword`], [`Refusal::Limited`] by user; [`Refusal::BadCredential`] for one who has no
/// password and did not just sign in; as [`erasure::delete_user`].
pub async fn delete(cx: &Cx, session: &OwnSession, current: &str) -> Result<(), Error> {
    let (tenant, user) = (&session.tenant, &session.user);
    // The remembered user may be seconds old.
    let fresh = store::users::by_id(cx.db.as_ref(), &user.tenant_id, &user.id).await?;
    let fresh = fresh.ok_or(Refusal::BadCredential)?;
    if needs_second(tenant, &fresh) && !has_two(&session.amr) {
        return Err(Refusal::MfaRequired.into());
    }
    if fresh.password_hash.is_some() {
        let failed = Entry::failed("user.deleted");
        passwords::prove(cx, tenant, &fresh, current, Check::Wrong, failed).await?;
    } else if session.auth_time.is_none_or(|at| cx.now >= at.plus(FRESH)) {
        return Err(Refusal::BadCredential.into());
    }
    erasure::delete_user(cx, tenant, &user.id, &user.id).await
}

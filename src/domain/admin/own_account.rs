//! The end of one's own account, and a copy of what it holds.

use crate::crypto::password::Check;
use crate::cx::Cx;
use crate::domain::admin::erasure;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::OwnSession;
use crate::domain::session::recency::{self, Lasting};
use crate::domain::session::standing::needs_second_factor;
use crate::domain::sign_in::passwords;
use crate::model::factor::has_two;

/// Deletes the account of a user who is signed in and knows its password, with everything that is theirs.
///
/// # Errors
/// [`Refusal::MfaRequired`] in a session that has not proved the second factor that its user has;
/// [`Refusal::WrongPassword`], [`Refusal::Limited`] by user; as [`recency::require`] for a user who has no
/// password; as [`erasure::delete_user`].
pub(crate) async fn delete(cx: &Cx, session: &OwnSession, current: &str) -> Result<(), Error> {
    let (tenant, user) = (&session.tenant, &session.user);
    let counted = passwords::count(cx, session).await?;
    if needs_second_factor(tenant, &counted.user) && !has_two(&session.amr) {
        counted.give_back(cx);
        return Err(Refusal::MfaRequired.into());
    }
    if counted.user.password_hash.is_some() {
        counted.prove(cx, current, Check::Wrong, Entry::failed("user.deleted")).await?;
    } else {
        counted.give_back(cx);
        recency::require(cx, session, Lasting::Factor).await?;
    }
    erasure::delete_user(cx, tenant, &user.id, &user.id).await
}

/// Notes that a copy of what the account holds is about to be given to its owner.
///
/// # Errors
/// As [`recency::require`].
pub(crate) async fn export(cx: &Cx, session: &OwnSession) -> Result<(), Error> {
    recency::require(cx, session, Lasting::Factor).await?;
    let id = &session.user.id;
    Ok(audit::write(cx, &session.tenant.id, Entry::ok("user.exported").by(id).on(id)).await?)
}

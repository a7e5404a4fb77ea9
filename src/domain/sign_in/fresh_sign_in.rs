//! Lasting access from a stolen token: a token alone makes nothing that outlives its session. Whoever makes such a thing
//! signed in lately, stepped up lately (as RFC 9470 asks it), or sends the password now. A refresh, a token exchange and
//! a grant to a client prove nothing anew; keys and clients by themselves have no sign-in, and are not asked for one.

use crate::crypto::password::Check;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::{Admin, OwnSession};
use crate::domain::session::recency::{self, Lasting};
use crate::domain::sign_in::passwords;
use crate::memo::Invalidation;
use crate::store;

/// Requires that the person of a session proved who they are lately, or does so with this password.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]; as [`confirm`] for a password that is sent.
pub(crate) async fn require(
    cx: &Cx,
    session: &OwnSession,
    lasting: Lasting,
    password: Option<&str>,
) -> Result<(), Error> {
    match (recency::require(cx, session, lasting).await, password.filter(|sent| !sent.is_empty())) {
        (Err(Error::Refused(Refusal::ReauthenticationRequired { .. })), Some(password)) => {
            confirm(cx, session, password).await
        }
        (proved, _) => proved,
    }
}

/// The same of an administrator who calls in a session, of their own or lent.
///
/// # Errors
/// As [`require`]; a password counts in a session of their own alone.
pub(crate) async fn require_of_admin(
    cx: &Cx,
    admin: &Admin,
    lasting: Lasting,
    password: Option<&str>,
) -> Result<(), Error> {
    match admin.own_session() {
        Some(session) => require(cx, &session, lasting, password).await,
        None => recency::require(cx, admin, lasting).await,
    }
}

/// Proves in a session, with the password, who its person is.
///
/// # Errors
/// [`Refusal::WrongPassword`], of a user who has none, too; [`Refusal::Limited`] by user.
pub(crate) async fn confirm(cx: &Cx, session: &OwnSession, password: &str) -> Result<(), Error> {
    let tenant = &session.tenant;
    let failed = Entry::failed("session.reauthenticated").on(session.id());
    let counted = passwords::count(cx, session).await?;
    let (user, _) = counted.prove(cx, password, Check::Wrong, failed).await?;
    let entry = Entry::ok("session.reauthenticated").by(&user.id).on(session.id());
    // Somebody else may have ended the session, or changed the password, meanwhile.
    let hash = user.password_hash.as_deref().unwrap_or_default();
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .take(store::sessions::prove(session.id(), &user.id, hash, cx.now))
        .invalidates(Invalidation::User(&user.id));
    if change.commit().await?.is_none() {
        return Err(Refusal::BadCredential.into());
    }
    Ok(())
}

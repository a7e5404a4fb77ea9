//! What an administrator clears of a user's second factors.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Changed, Letter};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::Admin;
use crate::model::factor::has_two;
use crate::model::state::Mfa;
use crate::ports::Fault;
use crate::store;
use crate::store::users::User;

/// Whether an administrator may clear what a user has set up: it may be their own only in a session that has
/// proved it.
///
/// # Errors
/// [`Refusal::MfaRequired`].
pub(crate) async fn may_clear(cx: &Cx, admin: &Admin, user: &User) -> Result<(), Error> {
    if has_two(&admin.amr) || admin.user().is_none_or(|own| own.id != user.id) {
        return Ok(());
    }
    let factors = store::factors::of(cx.db.as_ref(), &user.id, None, cx.now).await?;
    if factors.any(user) { Err(Refusal::MfaRequired.into()) } else { Ok(()) }
}

/// Clears, with the change from `was` to `user`, what the user has set up, and tells them. A `reset` takes their
/// passkeys as well, and ends all sessions.
pub(crate) async fn clear(
    cx: &Cx,
    change: &mut Change<'_>,
    admin: &Admin,
    was: &User,
    user: &User,
    reset: bool,
) -> Result<(), Fault> {
    change.then(store::authenticators::delete(&user.id));
    change.then_all(store::backup_codes::replace(&user.id, &[]));
    if reset {
        change.then(store::passkeys::delete_all(&user.id));
        change.then_all(store::sessions::end_all(&user.id, cx.now));
        change.log(&admin.tenant.id, Entry::ok("mfa.reset").by(admin.actor()).on(&user.id));
    }
    let changed = match (was.mfa, user.mfa) {
        _ if reset => Changed::SecondFactorReset,
        (_, Mfa::None) => Changed::SecondFactorOff,
        (Mfa::None, Mfa::Email) => Changed::SecondFactorOn,
        // The mail follows when it is set up.
        (Mfa::None, Mfa::Totp) => return Ok(()),
        _ => Changed::SecondFactorReset,
    };
    let letter = Letter::Changed(changed);
    change.tell(mailing::write(&mailing::by_another(cx), &admin.tenant, user, letter).await?);
    Ok(())
}

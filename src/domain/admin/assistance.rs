//! What an administrator does for a user who does not get in: mails a link again, and forgets failed attempts.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Linking, Outgoing};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::sign_in::{organisation, register};
use crate::domain::{people, throttle};
use crate::model::state::{LinkPurpose, UserStatus};
use crate::store::users::User;

/// How often one account is unlocked in an hour: each time it can be guessed at anew.
const UNLOCKS_AN_HOUR: u32 = 10;

/// Mails the link that confirms a user's address once more; the link of before is dead.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for an address that is confirmed, and as [`check`]; [`Refusal::Limited`] by
/// mailbox.
pub(crate) async fn mail_verification(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<User, Error> {
    let user = people::find(cx, &admin.tenant, id).await?;
    if user.email_verified {
        return Err(Refusal::Conflict("the address is confirmed").into());
    }
    check(admin, &user)?;
    count(cx, admin, &user, LinkPurpose::VerifyEmail).await?;
    let mail = register::write_verification(&mailing::by_another(cx), &admin.tenant, &user, "").await?;
    send(cx, admin, "user.verification_mailed", user, mail).await
}

/// Mails a user the link that sets another password; the link of before is dead. The password stays until it is followed.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] as [`check`]; [`Refusal::Limited`] by mailbox.
pub(crate) async fn mail_password_reset(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<User, Error> {
    let user = people::find(cx, &admin.tenant, id).await?;
    check(admin, &user)?;
    count(cx, admin, &user, LinkPurpose::ResetPassword).await?;
    let linking = Linking { purpose: LinkPurpose::ResetPassword, wanted: None, onward: "" };
    let mail = mailing::write_link(&mailing::by_another(cx), &admin.tenant, &user, linking).await?;
    send(cx, admin, "user.password_reset_mailed", user, mail).await
}

/// Forgets the failed attempts on a user's password, mailed codes and second factor, from everywhere. Those of an address on
/// all accounts stay.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Limited`] by user.
pub(crate) async fn unlock(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<(), Error> {
    let tenant = &admin.tenant;
    let user = people::find(cx, tenant, id).await?;
    throttle::window(cx, format!("{}:unlock:{}", tenant.id, user.id), UNLOCKS_AN_HOUR, 3_600).await?;
    // The log has it before it counts.
    let entry = Entry::ok("user.unlocked").by(admin.actor()).on(&user.id);
    Change::new(cx, &tenant.id, entry).commit().await?;
    throttle::unlock(cx, &tenant.id, &tenant.directory, &user.id, &user.email_key).await
}

/// Whether a link lets the user in.
///
/// # Errors
/// [`Refusal::Conflict`] for who is disabled, or signs in with their organisation's provider alone.
fn check(admin: &CredentialAdmin, user: &User) -> Result<(), Error> {
    if user.status != UserStatus::Active {
        return Err(Refusal::Conflict("the user is disabled").into());
    }
    if organisation::is_enforced(&admin.tenant, user) {
        return Err(Refusal::Conflict("the user signs in with their organisation's provider").into());
    }
    Ok(())
}

async fn count(cx: &Cx, admin: &CredentialAdmin, user: &User, purpose: LinkPurpose) -> Result<(), Error> {
    throttle::mail_or_wait(cx, &admin.tenant.directory, &user.email_key, purpose.as_str()).await
}

async fn send(
    cx: &Cx,
    admin: &CredentialAdmin,
    event: &'static str,
    user: User,
    mail: Outgoing,
) -> Result<User, Error> {
    let mut change = Change::new(cx, &admin.tenant.id, Entry::ok(event).by(admin.actor()).on(&user.id));
    change.tell(mail);
    change.commit().await?;
    Ok(user)
}

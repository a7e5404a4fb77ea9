//! Invitations: who is made without a password gets a mail whose link sets the first one. It proves the mailbox, is
//! good once and for a week, and for nothing any more once the account has a password.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Linking, Outgoing};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::tenants::Tenant;
use crate::domain::{people, throttle};
use crate::model::state::{LinkPurpose, UserStatus};
use crate::ports::Fault;
use crate::store::users::User;

/// Writes an invitation, for the batch that makes the user or a later one. Where the administrator is, and what they
/// speak, is not its reader's.
pub(crate) async fn write(cx: &Cx, tenant: &Tenant, user: &User) -> Result<Outgoing, Fault> {
    // With the name that an administrator gave: it outlives that nobody had proved the address.
    let linking = Linking { purpose: LinkPurpose::Invitation, wanted: Some(user), onward: "" };
    mailing::write_link(&mailing::by_another(cx), tenant, user, linking).await
}

/// Invites a user once more; the link of before is dead.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for a user who has a password or is disabled; [`Refusal::Limited`] by
/// mailbox.
pub(crate) async fn send_again(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<User, Error> {
    let tenant = &admin.tenant;
    let user = people::find(cx, tenant, id).await?;
    if user.password_hash.is_some() {
        return Err(Refusal::Conflict("the user has a password").into());
    }
    if user.status != UserStatus::Active {
        return Err(Refusal::Conflict("the user is disabled").into());
    }
    throttle::mail_or_wait(cx, &tenant.directory, &user.email_key, LinkPurpose::Invitation.as_str()).await?;
    let mut change = Change::new(cx, &tenant.id, Entry::ok("user.invited").by(admin.actor()).on(&user.id));
    change.tell(write(cx, tenant, &user).await?);
    change.commit().await?;
    Ok(user)
}

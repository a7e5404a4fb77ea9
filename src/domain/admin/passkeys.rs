//! The passkeys of a user, as administrators see and remove them.

use crate::cx::Cx;
use crate::domain::admin::factors;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Changed, Letter};
use crate::domain::people;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::delegation;
use crate::domain::session::principal::CredentialAdmin;
use crate::store::passkeys::Passkey;
use crate::store::{self, Listed, Page};

/// A page of a user's passkeys.
///
/// # Errors
/// [`Refusal::NotFound`]; as [`delegation::own_account`].
pub(crate) async fn list(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: &str,
    page: &Page,
) -> Result<Listed<Passkey>, Error> {
    delegation::own_account(admin, user_id)?;
    let user = people::find(cx, &admin.tenant, user_id).await?;
    Ok(store::passkeys::list(cx.db.as_ref(), &user.id, page).await?)
}

/// Removes a passkey of a user, who is told by mail. Sessions that began with it go on.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for the operator's, by somebody else, and for an administrator's last way to
/// sign in; [`Refusal::MfaRequired`] for one's own in a session that has not proved a second factor; as
/// [`delegation::own_account`] and [`delegation::may_act_for`].
pub(crate) async fn remove(cx: &Cx, admin: &CredentialAdmin, user_id: &str, id: &str) -> Result<(), Error> {
    delegation::own_account(admin, user_id)?;
    let user = people::find(cx, &admin.tenant, user_id).await?;
    if user.operator && admin.actor() != user.id {
        return Err(Refusal::Conflict("only the operator changes the operator's address and factors").into());
    }
    delegation::may_act_for(cx, admin, &user).await?;
    factors::may_clear(cx, admin, &user).await?;
    let entry = Entry::ok("passkey.removed").by(admin.actor()).on(&user.id).saying(format!("passkey {id}"));
    let letter = Letter::Changed(Changed::PasskeyRemoved);
    let seen = if admin.actor() == user.id { cx.clone() } else { mailing::by_another(cx) };
    let mut change = Change::new(cx, &user.tenant_id, entry);
    change
        .take(store::passkeys::delete(&user.id, id))
        .keeps_a_way_in_of(&user)
        .tell(mailing::write(&seen, &admin.tenant, &user, letter).await?);
    change.commit_or_refuse().await?.map(drop).ok_or_else(|| Refusal::NotFound.into())
}

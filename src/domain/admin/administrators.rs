//! Administrators of a tenant, as the operator adds them: the way back for a tenant that nobody can administer.

use crate::cx::Cx;
use crate::domain::admin::{invitations, operator};
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::people::{self, is_active_administrator};
use crate::domain::refusal::{ADDRESS_TAKEN, CHANGED, Error};
use crate::domain::session::principal::Operator;
use crate::domain::tenants::{HOME, Tenant, from_row};
use crate::domain::throttle;
use crate::memo::Invalidation;
use crate::model::email::Email;
use crate::model::role::{ADMIN, MOST_ROLES};
use crate::model::state::{LinkPurpose, UserStatus};
use crate::ports::Fault;
use crate::store;
use crate::store::users::User;

/// Makes an active administrator of whoever has that address: a user of the tenant gets the role, and is let in if they
/// were disabled; for an address without an account a user is made, and invited to choose a password. Once more for
/// the same address changes nothing, but mails the invitation again to a user who has not followed it. The second
/// value is whether the user was made.
///
/// What is in an account whose address nobody has proved was chosen by whoever made it: it goes, and the owner of the
/// mailbox is invited.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::NotFound`]; [`Refusal::Invalid`]; [`Refusal::Conflict`] for another tenant's user, and for a user who is
/// changed at the same moment; [`Refusal::Limited`] by mailbox.
pub(crate) async fn add(
    cx: &Cx,
    operator: &Operator,
    tenant_id: &str,
    email: &str,
    name: Option<&str>,
) -> Result<(User, bool), Error> {
    let tenant = from_row(cx, operator::find(cx, tenant_id).await?)?;
    let email = people::address("email", email)?;
    let name = people::display_name("name", name)?;
    let found = store::users::by_email(cx.db.as_ref(), &tenant.directory, email.key()).await?;
    let actor = operator.actor();
    match found {
        Some(user) if user.tenant_id != tenant.id => Err(ADDRESS_TAKEN.into()),
        Some(user) if is_active_administrator(&tenant, &user) && has_way_in(&user) => Ok((user, false)),
        Some(user) => Ok((promote(cx, &tenant, actor, user).await?, false)),
        None => Ok((invite(cx, &tenant, actor, &email, name).await?, true)),
    }
}

/// Whether a user can sign in without an invitation.
fn has_way_in(user: &User) -> bool {
    user.email_verified || user.password_hash.is_some()
}

async fn invite(
    cx: &Cx,
    tenant: &Tenant,
    actor: &str,
    email: &Email,
    name: Option<String>,
) -> Result<User, Error> {
    let mut user = people::new_user(cx, tenant, email);
    user.name = name;
    user.roles = vec![ADMIN.into()];
    let entry = Entry::ok("user.created").by(actor).on(&user.id).saying("administrator, invited");
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::users::insert(&user));
    log_at_home(&mut change, tenant, actor);
    tell_invited(cx, &mut change, tenant, &user).await?;
    if change.commit().await?.is_none() {
        return Err(ADDRESS_TAKEN.into());
    }
    Ok(user)
}

async fn promote(cx: &Cx, tenant: &Tenant, actor: &str, was: User) -> Result<User, Error> {
    let mut user = was.clone();
    user.roles = with_admin(cx, tenant, &was.roles).await?;
    user.status = UserStatus::Active;
    let unproven = store::unproven::is_one(cx.db.as_ref(), &was.id, &was.email_key).await?;
    if unproven {
        (user.password_hash, user.name) = (None, None);
    }
    let before = if was.status == UserStatus::Active { "" } else { ", was disabled" };
    let said = format!("roles {:?}, active{before}, by the operator", user.roles);
    let entry = Entry::ok("user.changed").by(actor).on(&user.id).saying(said);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::users::promote(&was, &user.roles));
    change.invalidates(Invalidation::User(&user.id));
    log_at_home(&mut change, tenant, actor);
    if unproven {
        change.then_all(store::unproven::forget(&user.id, &user.email_key, cx.now));
        change.ends_sessions_of(&user.id);
    }
    if !has_way_in(&user) {
        tell_invited(cx, &mut change, tenant, &user).await?;
    }
    if change.commit().await?.is_none() {
        return Err(CHANGED.into());
    }
    Ok(user)
}

/// The roles with `ADMIN`, highest first; the lowest makes room for it.
async fn with_admin(cx: &Cx, tenant: &Tenant, roles: &[String]) -> Result<Vec<String>, Fault> {
    let known = store::roles::roles(cx.db.as_ref(), &tenant.id).await?.into_iter().map(|role| role.name);
    let mut held: Vec<String> = known.filter(|name| name == ADMIN || roles.contains(name)).collect();
    while held.len() > MOST_ROLES {
        match held.iter().rposition(|name| name != ADMIN) {
            Some(lowest) => held.remove(lowest),
            None => break,
        };
    }
    Ok(held)
}

/// Tells the home tenant's log as well, which names nobody of another tenant.
fn log_at_home(change: &mut Change<'_>, tenant: &Tenant, actor: &str) {
    let said = format!("event {} of its log", change.event_id());
    change.log(HOME, Entry::ok("tenant.admin_added").by(actor).on(&tenant.id).saying(said));
}

/// Invites the user with the change, if their mailbox may get another mail.
async fn tell_invited(cx: &Cx, change: &mut Change<'_>, tenant: &Tenant, user: &User) -> Result<(), Error> {
    let purpose = LinkPurpose::Invitation.as_str();
    throttle::mail_or_wait(cx, &tenant.directory, &user.email_key, purpose).await?;
    change.tell(invitations::write(cx, tenant, user).await?);
    Ok(())
}

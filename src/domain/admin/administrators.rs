//! Administrators of a tenant, as the operator adds them: the way back for a tenant that nobody can administer.

use crate::cx::Cx;
use crate::domain::admin::{invitations, operator};
use crate::domain::audit::{self, Entry};
use crate::domain::mailing;
use crate::domain::people::{self, is_active_administrator};
use crate::domain::refusal::{ADDRESS_TAKEN, CHANGED, Error};
use crate::domain::session::principal::Operator;
use crate::domain::tenants::{HOME, Tenant, from_row};
use crate::domain::{backchannel, throttle};
use crate::model::email::Email;
use crate::model::role::{ADMIN, MOST_ROLES};
use crate::model::state::{LinkPurpose, UserStatus};
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::users::User;

/// Makes an active administrator of whoever has that address: a user of the tenant gets the role, and is let in if they
/// were disabled; for an address without an account a user is made, and invited to choose a password. Once more for
/// the same address changes nothing, but mails the invitation again to one who has not followed it. The second
/// value is whether the user was made.
///
/// What is in an account whose address nobody has proved was chosen by whoever made it: it goes, and the owner of the
/// mailbox is invited.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::NotFound`]; [`Refusal::Invalid`]; [`Refusal::Conflict`] for another tenant's user, and for one who is
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
    let deed = Deed { set: store::users::insert(&user), entry, unproven: false, invited: true };
    if !write(cx, tenant, actor, &user, deed).await? {
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
    let set = store::users::promote(&was, &user.roles);
    let deed = Deed { set, entry, unproven, invited: !has_way_in(&user) };
    if !write(cx, tenant, actor, &user, deed).await? {
        return Err(CHANGED.into());
    }
    cx.memory.forget_user(&user.id);
    if unproven {
        backchannel::notify_clients_in_background(cx, &user.id);
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

/// What is done, all of it or nothing.
struct Deed {
    /// The statement that makes the user an administrator, and answers a row if it did.
    set: Stmt,
    /// What the tenant's log says of it.
    entry: Entry,
    /// Whether what is in the account goes.
    unproven: bool,
    /// Whether the user is invited.
    invited: bool,
}

/// Does it, and tells both logs: the home tenant's names nobody of another tenant. `false` if there was nothing to do.
async fn write(cx: &Cx, tenant: &Tenant, actor: &str, user: &User, deed: Deed) -> Result<bool, Error> {
    if deed.invited {
        let purpose = LinkPurpose::Invitation.as_str();
        throttle::mail_or_wait(cx, &tenant.directory, &user.email_key, purpose).await?;
    }
    let mark = audit::mark(cx, &tenant.id, deed.entry);
    let said = format!("event {} of its log", mark.id);
    let told = Entry::ok("tenant.admin_added").by(actor).on(&tenant.id).saying(said);
    let told = store::audit::if_written(audit::row(cx, HOME, told), &mark.id);
    let mut batch = vec![deed.set, mark.stmt, told];
    if deed.unproven {
        batch.extend(store::unproven::forget_if_written(&user.id, &user.email_key, cx.now, &mark.id));
    }
    let mut letter = match deed.invited {
        true => Some(invitations::write(cx, tenant, user).await?.if_written(&mark.id)),
        false => None,
    };
    batch.extend(letter.iter_mut().flat_map(|letter| std::mem::take(&mut letter.stmts)));
    if cx.db.run(batch).await?.first().is_none_or(Vec::is_empty) {
        return Ok(false);
    }
    if let Some(letter) = letter {
        mailing::dispatch(cx, letter).await;
    }
    Ok(true)
}

//! Passwords: what is acceptable, changing one, and resetting a forgotten one by mail.

use std::rc::Rc;

use futures_util::future::join;

use crate::crypto::password::{self, Check};
use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::{Change, Committed};
use crate::domain::mailing::{self, Changed, Letter, Linking};
use crate::domain::people;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::OwnSession;
use crate::domain::session::recency::{self, Lasting};
use crate::domain::session::standing::needs_second_factor;
use crate::domain::sign_in::{organisation, proof_reset};
use crate::domain::tenants::{self, ResolvedTenant, Settings, Tenant};
use crate::domain::throttle;
use crate::model::factor::{KEY, ONE_TIME, has_two};
use crate::model::reason::Reason;
use crate::model::state::{LinkPurpose, UserStatus};
use crate::model::text::caseless;
use crate::ports::Fault;
use crate::store;
pub(crate) use crate::store::held::Held;
use crate::store::users::User;

/// The passwords that are tried first (NIST SP 800-63B §3.1.1.2), in lower case.
const COMMON: &str = include_str!("common_passwords.txt");

/// Whether these settings take this as a new password. What is counted is the password as it is hashed: its characters
/// (code points in NFC) at the least, its bytes in UTF-8 at the most, so that nothing is cut.
///
/// # Errors
/// [`Refusal::Invalid`] on that field.
pub(crate) fn acceptable(settings: &Settings, field: &'static str, password: &str) -> Result<(), Error> {
    let prepared = password::prepare(password);
    let shortest = settings.min_password_length;
    if prepared.is_empty() {
        return Err(invalid(field, Reason::Missing));
    }
    if prepared.chars().count() < shortest {
        return Err(invalid(field, Reason::PasswordTooShort(shortest)));
    }
    if password.len().max(prepared.len()) > password::LONGEST {
        return Err(invalid(field, Reason::PasswordTooLong(password::LONGEST)));
    }
    let folded = caseless(prepared.trim());
    if settings.refuse_common_passwords && COMMON.lines().any(|common| common == folded) {
        return Err(invalid(field, Reason::PasswordCommon));
    }
    Ok(())
}

/// Whether this session began with what a user who has no password signs in with: the mailbox, which is all that a reset
/// takes, or a passkey.
fn came_without_password(session: &OwnSession) -> bool {
    session.amr.first().is_some_and(|first| first == ONE_TIME || first == KEY)
}

/// Whether a signed-in user knows the password, counted by user. `without` is how it goes for a user who has
/// none, and `failed` what the log says of a wrong one.
///
/// # Errors
/// [`Refusal::WrongPassword`], [`Refusal::Limited`].
pub(crate) async fn prove(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    sent: &str,
    without: Check,
    failed: Entry,
) -> Result<(), Error> {
    let attempt = throttle::change_attempt(cx, &tenant.id, &user.id).await?;
    let check = user.password_hash.as_deref().map_or(without, |hash| password::check(sent, hash));
    if check == Check::Wrong {
        attempt.was_wrong(cx, audit::write(cx, &tenant.id, failed.by(&user.id))).await?;
        return Err(Refusal::WrongPassword.into());
    }
    attempt.forgive(cx);
    Ok(())
}

/// Changes the password of a user who knows it; ends their other sessions. A user who has none sets the first, soon
/// after signing in by mail or with a passkey.
///
/// # Errors
/// [`Refusal::WrongPassword`], [`Refusal::Invalid`], [`Refusal::Limited`] by user; for a first password as
/// [`recency::require`]; as [`organisation::check_user`].
pub(crate) async fn change(cx: &Cx, session: &OwnSession, current: &str, new: &str) -> Result<(), Error> {
    let user = &session.user;
    let tenant = &session.tenant;
    organisation::check_user(cx, tenant, user).await?;
    acceptable(&tenant.settings_for(user), "newPassword", new)?;
    // The remembered user may be seconds old; the password is checked against what stands now.
    let fresh = store::users::by_id(cx.db.as_ref(), &user.tenant_id, &user.id)
        .await?
        .ok_or(Refusal::BadCredential)?;
    let without = if came_without_password(session) { Check::Right } else { Check::Wrong };
    if fresh.password_hash.is_none() && without == Check::Right {
        recency::require(cx, session, Lasting::Factor).await?;
    }
    prove(cx, tenant, &fresh, current, without, Entry::failed("password.change")).await?;
    let hash = password::hash(new, cx.random())?;
    // Who knows a password that was set by mail proves the mailbox with it, and nothing more with the next one.
    let by_mail = !has_two(&session.amr) && (fresh.password_hash.is_none() || fresh.password_by_mail);
    let entry = Entry::ok("password.changed").by(&user.id).on(&user.id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .then(store::users::set_password(&user.id, &hash, by_mail))
        .then(store::mail_links::kill(&user.id, LinkPurpose::ResetPassword, cx.now))
        .then_all(store::sessions::end_all_but(&user.id, session.session_id.as_deref(), cx.now))
        .ends_sessions_of(&user.id)
        .tell(mailing::write(cx, tenant, &fresh, Letter::Changed(Changed::Password)).await?);
    proof_reset::forget(&mut change, &user.id, cx.now);
    Ok(change.commit().await.map(drop)?)
}

/// Mails a reset link, if the address has an account. The caller is told the same either way. `onward` is
/// what the link carries on to its page: a query, or nothing.
///
/// # Errors
/// [`Refusal::Invalid`] for what is no address, [`Refusal::Limited`] by client address; as
/// [`organisation::check_address`].
pub(crate) async fn forgot(
    cx: &Cx,
    resolved: &ResolvedTenant,
    email: &str,
    onward: &str,
) -> Result<(), Error> {
    let directory = &resolved.tenant.directory;
    let email = people::address("email", email)?;
    organisation::check_address(cx, resolved, &email).await?;
    let bucket = cx.address_bucket();
    throttle::window(cx, format!("{}:forgot:{bucket}", resolved.tenant.id), 120, 3_600).await?;
    let user = people::by_email(cx, resolved, &email).await?;
    let may_send = throttle::mail(cx, directory, email.key(), LinkPurpose::ResetPassword.as_str()).await?;
    // Nobody gets a link as well: the same work, and a row of the log, so that the time does not tell.
    let (user, entry) = match user.filter(|user| may_send && user.status == UserStatus::Active) {
        Some(user) => {
            let entry = Entry::ok("password.forgot").by(&user.id).on(&user.id);
            (user, entry)
        }
        None => {
            let entry = Entry::failed("password.forgot").by(email.key());
            (people::new_user(cx, &resolved.tenant, &email), entry)
        }
    };
    let tenant = tenants::by_id(cx, &user.tenant_id).await?.ok_or(Refusal::NotFound)?;
    let linking = Linking { purpose: LinkPurpose::ResetPassword, wanted: None, onward };
    let mut change = Change::new(cx, &tenant.id, entry);
    change.tell(mailing::write_link(cx, &tenant, &user, linking).await?);
    change.commit().await?;
    Ok(())
}

/// Whom a link is for that sets a password.
#[derive(Debug, Default)]
pub(crate) struct Addressee {
    /// The address of the account.
    pub(crate) email: String,
    /// Whether the password is the first one.
    pub(crate) invited: bool,
}

/// Whom a link is for, while it can be used: whoever has the link has its mailbox.
pub(crate) async fn addressee_of_link(cx: &Cx, token: &str) -> Result<Option<Addressee>, Fault> {
    let purposes = LinkPurpose::ResetPassword.accepted_purposes();
    let found = store::mail_links::address_of(cx.db.as_ref(), &stored(token), purposes, cx.now).await?;
    Ok(found.map(|(email, purpose)| Addressee { email, invited: purpose == LinkPurpose::Invitation }))
}

/// What else than a password lets somebody into the account of a reset link.
pub(crate) async fn held_of_link(cx: &Cx, token: &str) -> Result<Held, Fault> {
    store::held::find(cx.db.as_ref(), store::held::of_link(&stored(token), cx.now)).await
}

/// What a reset did.
pub(crate) struct Reset {
    /// The user's tenant.
    pub(crate) tenant: Rc<Tenant>,
    /// What else let somebody in before it.
    pub(crate) before: Held,
    /// What does so now.
    pub(crate) left: Held,
}

/// Sets a new password by a mailed link; ends all sessions. The mailbox is proved, so the address counts as
/// confirmed and the account's failed attempts are forgotten. A second factor stays, unless nobody had proved the
/// address before. So do API keys, passkeys and connected apps unless they are to end, but how many there are is told.
///
/// # Errors
/// [`Refusal::Invalid`] for the password, before the link is spent; [`Refusal::LinkDead`]; as
/// [`organisation::check_user`].
pub(crate) async fn reset(cx: &Cx, token: &str, new: &str, end: bool) -> Result<Reset, Error> {
    let (tenant, owner) = mailing::owner_of_link(cx, token, LinkPurpose::ResetPassword).await?;
    organisation::check_user(cx, &tenant, &owner).await?;
    acceptable(&tenant.settings_for(&owner), "password", new)?;
    let link = store::mail_links::take(
        cx.db.as_ref(),
        &stored(token),
        LinkPurpose::ResetPassword.accepted_purposes(),
        cx.now,
    )
    .await?;
    let link = link.ok_or(Refusal::LinkDead)?;
    let hash = password::hash(new, cx.random())?;
    let held = || store::held::of_user(&link.user_id, cx.now);
    let user = store::users::by_id(cx.db.as_ref(), &tenant.id, &link.user_id);
    let (user, before) = join(user, store::held::find(cx.db.as_ref(), held())).await;
    let (user, before) = (user?.ok_or(Refusal::LinkDead)?, before?);
    let entry = Entry::ok("password.reset").by(&link.user_id).on(&link.user_id);
    // The link proved the address.
    let user = User { email_verified: true, ..user };
    let invited = link.purpose == LinkPurpose::Invitation;
    let mut change = Change::new(cx, &tenant.id, entry);
    // Where nobody had proved the address, what is in the account was chosen by somebody else.
    change.then_all(store::unproven::forget(&link.user_id, &link.email_key, cx.now));
    // But for the name that an administrator gave to a user who was invited.
    let name = link.name.as_deref().filter(|_| invited);
    change
        .then_all(name.map(|name| store::users::keep_name(&link.user_id, &link.email_key, name, cx.now)))
        .then(store::users::set_password(&link.user_id, &hash, true))
        .then(store::users::confirm_email(&link.user_id, &link.email_key, cx.now));
    if end && before.any() {
        let Held { api_keys, passkeys, connections } = before;
        let said = format!("{api_keys} API keys, {passkeys} passkeys, {connections} connections");
        let entry = Entry::ok("credentials.ended").by(&link.user_id).on(&link.user_id).saying(said);
        change
            .then_all(store::held::end(&link.user_id, needs_second_factor(&tenant, &user), cx.now))
            .log(&tenant.id, entry);
    }
    change
        .then_all(store::sessions::end_all(&link.user_id, cx.now))
        .ends_sessions_of(&link.user_id)
        .ask(held());
    proof_reset::forget(&mut change, &link.user_id, cx.now);
    // A first password is no change that its owner would have to be told of.
    if !invited {
        change.tell(mailing::write(cx, &tenant, &user, Letter::Changed(Changed::Password)).await?);
    }
    let done = change.commit().await?;
    let left = store::held::read(done.as_ref().map(Committed::answer).unwrap_or_default())?;
    throttle::mailbox_proved(cx, &tenant.directory, &link.email_key).await?;
    Ok(Reset { tenant, before, left })
}

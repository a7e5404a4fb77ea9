//! Passwords: what is acceptable, changing one, and resetting a forgotten one by mail.

use std::rc::Rc;

use futures_util::future::join;

use crate::crypto::password::{self, Check};
use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::{Change, Committed};
use crate::domain::mailing::{self, Changed, Kind, Letter, Linking};
use crate::domain::people;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::OwnSession;
use crate::domain::session::recency::{self, Lasting};
use crate::domain::session::standing::needs_second_factor;
use crate::domain::sign_in::{organisation, proof_reset};
use crate::domain::tenants::{self, ResolvedTenant, Settings, Tenant};
use crate::domain::throttle::{self, CountedAttempt, MailTo};
use crate::model::factor::{KEY, ONE_TIME, has_two};
use crate::model::reason::Reason;
use crate::model::state::{LinkPurpose, UserStatus};
use crate::model::text::caseless;
use crate::ports::Fault;
use crate::store;
use crate::store::factors::Factors;
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

/// A signed-in user as they are now, of whom a password is to be looked at that was counted by user.
pub(crate) struct CountedUser {
    pub(crate) user: User,
    pub(crate) factors: Factors,
    attempt: CountedAttempt,
}

/// Counts a password that the user of a session sends, and meanwhile looks up who they are by now: the remembered user may
/// be seconds old.
///
/// # Errors
/// [`Refusal::Limited`]; [`Refusal::BadCredential`] for a user who is gone.
pub(crate) async fn count(cx: &Cx, session: &OwnSession) -> Result<CountedUser, Error> {
    let (tenant_id, user_id) = (&session.tenant.id, &session.user.id);
    let now = async { Ok(store::factors::by_id(cx.db.as_ref(), tenant_id, user_id, cx.now).await?) };
    let (attempt, found) = throttle::change_attempt(cx, tenant_id, user_id, now).await?;
    match found {
        Some((user, factors)) => Ok(CountedUser { user, factors, attempt }),
        None => {
            attempt.give_back(cx);
            Err(Refusal::BadCredential.into())
        }
    }
}

impl CountedUser {
    /// Whether the password is right. `without` is how it goes for a user who has none, and `failed` what the log says of a
    /// wrong one.
    ///
    /// # Errors
    /// [`Refusal::WrongPassword`].
    pub(crate) async fn prove(
        self,
        cx: &Cx,
        sent: &str,
        without: Check,
        failed: Entry,
    ) -> Result<(User, Factors), Error> {
        let CountedUser { user, factors, attempt } = self;
        let check = user.password_hash.as_deref().map_or(without, |hash| password::check(sent, hash));
        if check == Check::Wrong {
            let entry = failed.by(&user.id);
            attempt.was_wrong(cx, audit::write(cx, &user.tenant_id, entry)).await?;
            return Err(Refusal::WrongPassword.into());
        }
        attempt.forgive(cx);
        Ok((user, factors))
    }

    /// No password is looked at, as something else refuses what is asked.
    pub(crate) fn give_back(self, cx: &Cx) -> (User, Factors) {
        let CountedUser { user, factors, attempt } = self;
        attempt.give_back(cx);
        (user, factors)
    }
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
    let counted = count(cx, session).await?;
    let without = if came_without_password(session) { Check::Right } else { Check::Wrong };
    if counted.user.password_hash.is_none()
        && without == Check::Right
        && let Err(refused) = recency::require(cx, session, Lasting::Factor).await
    {
        counted.give_back(cx);
        return Err(refused);
    }
    let (fresh, _) = counted.prove(cx, current, without, Entry::failed("password.change")).await?;
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
    let tenant_id = &resolved.tenant.id;
    let by_address = throttle::of_address(cx, format_args!("{tenant_id}:forgot"));
    let purpose = LinkPurpose::ResetPassword.as_str();
    let mail = MailTo { directory, email_key: email.key(), purpose };
    let user = mailing::while_looking_ahead(
        cx,
        &resolved.tenant,
        &[Kind::ResetPassword],
        people::by_email(cx, resolved, &email),
    );
    let windows = [("window", 120, 3_600)];
    let (verdict, user) = throttle::mail_request(cx, (by_address, &windows), mail, user).await?;
    let may_send = verdict.may_send();
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
    let LinkOwner { tenant, user, before } = owner_of_link(cx, token).await?;
    organisation::check_user(cx, &tenant, &user).await?;
    acceptable(&tenant.settings_for(&user), "password", new)?;
    let purposes = LinkPurpose::ResetPassword.accepted_purposes();
    let link = store::mail_links::take(cx.db.as_ref(), &stored(token), purposes, cx.now).await?;
    let link = link.ok_or(Refusal::LinkDead)?;
    let hash = password::hash(new, cx.random())?;
    let held = || store::held::of_user(&link.user_id, cx.now);
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
    let forgotten = throttle::mailbox_proved(cx, &tenant.directory, &link.email_key);
    let (done, ()) = join(change.commit(), forgotten).await;
    let left = store::held::read(done?.as_ref().map(Committed::answer).unwrap_or_default())?;
    Ok(Reset { tenant, before, left })
}

/// Whose a reset link is, and what else than a password lets somebody into the account.
struct LinkOwner {
    tenant: Rc<Tenant>,
    user: User,
    before: Held,
}

async fn owner_of_link(cx: &Cx, token: &str) -> Result<LinkOwner, Error> {
    let owner = mailing::owner_of_link(cx, token, LinkPurpose::ResetPassword);
    let before = store::held::find(cx.db.as_ref(), store::held::of_link(&stored(token), cx.now));
    let (owner, before) = join(owner, before).await;
    let (tenant, user) = owner?;
    Ok(LinkOwner { tenant, user, before: before? })
}

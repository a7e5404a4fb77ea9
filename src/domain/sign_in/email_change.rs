//! Changing one's address: it is another one when both mailboxes have agreed, in whatever order. An address that
//! nobody proved is not asked: whose it is is not known, and nobody signs in by its mailbox.

use std::rc::Rc;

use crate::crypto::password::Check;
use crate::crypto::secret::{can_be_secret, stored};
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Changed, Letter};
use crate::domain::people;
use crate::domain::refusal::{ADDRESS_TAKEN, Error, Refusal, invalid};
use crate::domain::session::principal::{self, OwnSession};
use crate::domain::session::recency::{self, Lasting};
use crate::domain::sign_in::passwords::CountedUser;
use crate::domain::sign_in::proof_reset;
use crate::domain::sign_in::{challenges, organisation, passwords};
use crate::domain::tenants::{self, ResolvedTenant, Tenant};
use crate::domain::throttle::{self, MailTo};
use crate::model::email::Email;
use crate::model::reason::Reason;
use crate::ports::Fault;
use crate::store::email_changes::{EmailChange, PendingEmailChange};
use crate::store::users::User;
use crate::store::{self, Columns};

/// How long it waits for both, in seconds.
const SECONDS: i64 = 86_400;

/// As limits name it.
const PURPOSE: &str = "change-email";

/// Asks for another address: mails a link to it and one to the address before, if that was proved. Whether somebody else has it is
/// not said; its owner is told by the link. A newer request takes the place of an older one.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::WrongPassword`], of a user who has a password, else as [`fresh_sign_in::require`];
/// [`Refusal::MfaRequired`] for a
/// session that has not proved its user's second factor; [`Refusal::Limited`]; as [`organisation::check_user`].
pub(crate) async fn request(
    cx: &Cx,
    session: &OwnSession,
    new_email: &str,
    password: &str,
) -> Result<(), Error> {
    let tenant = &session.tenant;
    let counted = passwords::count(cx, session).await?;
    let new = match check_change(cx, session, &counted, new_email).await {
        Ok(new) => new,
        Err(refused) => {
            counted.give_back(cx);
            return Err(refused);
        }
    };
    let user = if counted.user.password_hash.is_some() {
        let failed = Entry::failed("email.change_asked");
        counted.prove(cx, password, Check::Wrong, failed).await?.0
    } else {
        counted.give_back(cx).0
    };
    let directory = &tenant.directory;
    let to = |email_key| MailTo { directory, email_key, purpose: PURPOSE };
    throttle::mails_or_wait(cx, &[to(&user.email_key), to(new.key())]).await?;
    let (old_secret, new_secret) = (cx.secret(), cx.secret());
    let change = EmailChange {
        id: cx.id(),
        new_email: new.shown().to_owned(),
        new_email_key: new.key().to_owned(),
        old_hash: stored(&old_secret),
        new_hash: stored(&new_secret),
        expires_at: cx.now.plus(SECONDS),
    };
    let page = format!("{}?token=", tenant.page_url("change-email"));
    let there = User { email: change.new_email.clone(), ..user.clone() };
    let approve = &format!("{page}{old_secret}");
    let approve = Letter::ApproveEmailChange { link: approve, new_email: &change.new_email };
    let confirm = &format!("{page}{new_secret}");
    let entry = Entry::ok("email.change_asked").by(&user.id).on(&user.id);
    let mut asking = Change::new(cx, &tenant.id, entry);
    asking
        .then_all(store::email_changes::insert(&change, &user, cx.now))
        .tell(mailing::write(cx, tenant, &user, approve).await?)
        .tell(mailing::write(cx, tenant, &there, Letter::ConfirmNewEmail { link: confirm }).await?);
    Ok(asking.commit().await.map(drop)?)
}

/// The new address, if the user may change to it in this session.
async fn check_change(
    cx: &Cx,
    session: &OwnSession,
    counted: &CountedUser,
    new_email: &str,
) -> Result<Email, Error> {
    let (tenant, CountedUser { user, factors, .. }) = (&session.tenant, counted);
    // Nobody leaves their organisation's domain by themselves, and signs in without it from then on.
    organisation::check_user(cx, tenant, user).await?;
    let new = check_new_address(tenant, user, new_email)?;
    challenges::second_factor_proved(session, user, factors)?;
    if user.password_hash.is_none() {
        recency::require(cx, session, Lasting::Factor).await?;
    }
    Ok(new)
}

/// An address that the user may have, if nobody else does.
fn check_new_address(tenant: &Tenant, user: &User, new_email: &str) -> Result<Email, Error> {
    let new = people::address("newEmail", new_email)?;
    if new.key() == user.email_key {
        return Err(invalid("newEmail", Reason::SameAddress));
    }
    let domains = &tenant.settings.registration_domains;
    if !domains.is_empty() && !domains.iter().any(|domain| domain == new.domain()) {
        return Err(invalid("newEmail", Reason::DomainNotAllowed));
    }
    Ok(new)
}

/// What a link is about, for its page; looking changes nothing.
pub(crate) struct Looked {
    /// The address before.
    pub(crate) email: String,
    /// The address that it is to be.
    pub(crate) new_email: String,
    /// Whether the link was mailed to the new address.
    pub(crate) is_new: bool,
}

/// What came of following a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmed {
    /// The other mailbox has not agreed yet.
    Waits,
    /// The address is the new one.
    Done,
}

async fn find(
    cx: &Cx,
    resolved: &ResolvedTenant,
    token: &str,
) -> Result<(Rc<Tenant>, PendingEmailChange), Error> {
    if !can_be_secret(token) {
        return Err(Refusal::LinkDead.into());
    }
    let found = store::email_changes::find(cx.db.as_ref(), &stored(token), cx.now).await?;
    let found = found.ok_or(Refusal::LinkDead)?;
    let tenant = tenants::by_id(cx, &found.user.tenant_id).await?.ok_or(Refusal::LinkDead)?;
    principal::of_tenant(resolved, &tenant).map_err(|_| Refusal::LinkDead)?;
    Ok((tenant, found))
}

/// Whether a link is dead because the change that it confirmed is done.
pub(crate) async fn is_done(cx: &Cx, resolved: &ResolvedTenant, token: &str) -> Result<bool, Fault> {
    store::email_changes::is_done(cx.db.as_ref(), &resolved.tenant.id, &stored(token)).await
}

/// Looks at a link that can still be followed.
///
/// # Errors
/// [`Refusal::LinkDead`].
pub(crate) async fn look(cx: &Cx, resolved: &ResolvedTenant, token: &str) -> Result<Looked, Error> {
    let (_, found) = find(cx, resolved, token).await?;
    let PendingEmailChange { user, new_email, is_new, .. } = found;
    Ok(Looked { email: user.email, new_email, is_new })
}

/// Follows a link. With the second of them the address is the new one: what was mailed to the one before is dead,
/// both mailboxes are told, and every session ends but the one it is done in, if that is the user's.
///
/// # Errors
/// [`Refusal::LinkDead`]; [`Refusal::Conflict`] if somebody else has the address by then; as
/// [`organisation::check_user`].
pub(crate) async fn confirm(
    cx: &Cx,
    resolved: &ResolvedTenant,
    token: &str,
    session: Option<&OwnSession>,
) -> Result<Confirmed, Error> {
    let (tenant, PendingEmailChange { id, user, new_email, .. }) = find(cx, resolved, token).await?;
    organisation::check_user(cx, &tenant, &user).await?;
    let own = |session: &&OwnSession| session.user.id == user.id;
    let keep = session.filter(own).and_then(|session| session.session_id.as_deref());
    let there = User { email: new_email, email_verified: true, ..user.clone() };
    let mut changed = Change::new(cx, &tenant.id, Entry::ok("email.changed").by(&user.id).on(&user.id));
    changed
        .take(store::email_changes::apply(&id, &user, &there.email, cx.now))
        .then(store::email_changes::done(&id, cx.now))
        .then(store::email_changes::kill_links(&user.id, cx.now))
        .then_all(store::sessions::end_all_but(&user.id, keep, cx.now))
        .ends_sessions_of(&user.id)
        .tell(mailing::write(cx, &tenant, &user, Letter::Changed(Changed::Email)).await?)
        .tell(mailing::write(cx, &tenant, &there, Letter::Changed(Changed::EmailNow)).await?);
    proof_reset::forget(&mut changed, &user.id, cx.now);
    let entry = Entry::ok("email.change_confirmed").by(&user.id).on(&user.id);
    let mut confirmed = Change::new(cx, &tenant.id, entry);
    // The new address may be of a domain that is enforced.
    confirmed
        .take(store::email_changes::confirm(&stored(token), cx.now))
        .followed_by(changed)
        .keeps_a_way_in_without(&user);
    let done = confirmed.commit_or_refuse().await?.ok_or(Refusal::LinkDead)?;
    let row = done.row()?.ok_or(Refusal::LinkDead)?;
    if !Columns(row).flag("both_confirmed")? {
        return Ok(Confirmed::Waits);
    }
    if done.was_followed()? { Ok(Confirmed::Done) } else { Err(ADDRESS_TAKEN.into()) }
}

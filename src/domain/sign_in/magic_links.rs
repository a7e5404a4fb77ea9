//! Signing in by mail: one mail holds a link and a code of six digits. Either works, once, and then neither.
//!
//! Who follows one proves the mailbox and nothing more: a second factor is asked for where the user has one, and
//! a code in the same mailbox is none. What was in an account before anybody proved its address is removed.

use std::rc::Rc;

use futures_util::future::join;

use crate::crypto::secret::{can_be_secret, same, stored};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::Change;
use crate::domain::mailing::{self, Kind, Letter};
use crate::domain::people;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::session::principal;
use crate::domain::sign_in::first_factor::{FirstFactor, FirstProof};
use crate::domain::sign_in::walk::Step;
use crate::domain::sign_in::{self, one_time, organisation};
use crate::domain::tenants::{self, ResolvedTenant, Tenant};
use crate::domain::throttle::{self, MailTo, lookups};
use crate::model::email::Email;
use crate::model::factor::ONE_TIME;
use crate::model::state::UserStatus;
use crate::ports::Fault;
use crate::store;
use crate::store::magic_links::{LinkOfUser, MailedCode, PURPOSE};
use crate::store::users::User;

/// How long a link and its code are good, in seconds.
pub(crate) const SECONDS: i64 = 900;

/// Mails a link and a code to sign in with. The caller is told the same, at the same cost, whether the address
/// has an account or not. Where the tenant lets people sign up so, one without an account gets one, in which
/// nobody is until the mail is followed. `onward` is what the link carries on to its page: a query, or nothing.
///
/// # Errors
/// [`Refusal::Forbidden`] where the tenant has no such links; [`Refusal::Invalid`] for what is no address;
/// [`Refusal::Limited`] by e-mail address, known or not, and by client address; as [`organisation::check_address`].
pub(crate) async fn request(
    cx: &Cx,
    resolved: &ResolvedTenant,
    email: &str,
    onward: &str,
) -> Result<(), Error> {
    let tenant = &resolved.tenant;
    if !tenant.settings.magic_links {
        return Err(Refusal::Forbidden.into());
    }
    let email = people::address("email", email)?;
    organisation::check_address(cx, resolved, &email).await?;
    let by_address = throttle::of_address(cx, format_args!("{}:{PURPOSE}", tenant.id));
    let mail = MailTo { directory: &tenant.directory, email_key: email.key(), purpose: PURPOSE };
    let found =
        mailing::while_looking_ahead(cx, tenant, &[Kind::MagicLink], people::by_email(cx, resolved, &email));
    let windows = [("window", 120, 3_600)];
    let (verdict, found) = throttle::mail_request(cx, (by_address, &windows), mail, found).await?;
    verdict.or_wait()?;
    let signs_up = found.is_none() && may_sign_up(tenant, &email);
    let mut home = tenant.clone();
    let mut reached = None;
    if let Some(user) = found.filter(|user| user.status == UserStatus::Active) {
        home = tenants::by_id(cx, &user.tenant_id).await?.unwrap_or(home);
        reached = Some(user).filter(|_| home.settings.magic_links);
    }
    // For whom no mail goes out the same is done for a user who is not in the database, to no effect.
    let entry = match &reached {
        Some(user) => Entry::ok("magic_link.asked").by(&user.id).on(&user.id),
        None => Entry::failed("magic_link.asked").by(email.key()),
    };
    let user = reached.unwrap_or_else(|| User {
        roles: tenant.settings.default_roles.clone(),
        language: cx.caller.language.map(|language| language.tag().to_owned()),
        ..people::new_user(cx, tenant, &email)
    });
    let (secret, code) = (cx.secret(), one_time::digits(cx));
    let code_hash = one_time::hash(cx, &user.tenant_id, &what_for(&user), &code)?;
    let until = cx.now.plus(SECONDS);
    let between = if onward.is_empty() { "" } else { "&" };
    let place = home.page_url("magic-link");
    let link = &format!("{place}?token={secret}{between}{onward}");
    let mail = mailing::write(cx, &home, &user, Letter::MagicLink { link, code: &code }).await?;
    let mut change = match signs_up {
        true => {
            let registered = Entry::ok("user.registered").by(&user.id).on(&user.id).saying(PURPOSE);
            let mut change = Change::new(cx, &tenant.id, registered);
            change.take(store::users::insert_registered(&user)).log(&home.id, entry.clone());
            change
        }
        false => Change::new(cx, &home.id, entry.clone()),
    };
    change
        .then_all(store::magic_links::insert(&stored(&secret), &code_hash, &user, until, cx.now))
        .tell(mail);
    // The tries of the code before are none of this one's.
    let tries = throttle::another_mailed_code(cx, &tenant.directory, email.key());
    let (done, ()) = join(change.commit(), tries).await;
    if done?.is_none() {
        // Somebody else registered the address meanwhile.
        audit::write(cx, &home.id, entry).await?;
    }
    Ok(())
}

fn may_sign_up(tenant: &Tenant, email: &Email) -> bool {
    let settings = &tenant.settings;
    let domains = &settings.registration_domains;
    let here = domains.is_empty() || domains.iter().any(|domain| domain == email.domain());
    settings.magic_link_sign_up && settings.allow_registration && here
}

/// What a user's code is for.
fn what_for(user: &User) -> String {
    format!("{PURPOSE}/{}", user.id)
}

/// The address that a link was mailed to, but for most of its name, for the link's page; looking changes nothing.
///
/// # Errors
/// [`Refusal::LinkDead`].
pub(crate) async fn look(cx: &Cx, resolved: &ResolvedTenant, token: &str) -> Result<String, Error> {
    let found = by_link(cx, token).await?;
    tenant_of(cx, resolved, &found.user).await?.ok_or(Refusal::LinkDead)?;
    Ok(mask(&found.user.email))
}

/// An address of which one letter, and the domain, can be read.
pub(crate) fn mask(email: &str) -> String {
    let (name, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    format!("{}•••@{domain}", name.chars().next().unwrap_or('•'))
}

/// Signs in by a link, as far as that goes.
///
/// # Errors
/// [`Refusal::LinkDead`].
pub(crate) async fn follow(
    cx: &Cx,
    resolved: &ResolvedTenant,
    token: &str,
    channel: Channel<'_>,
) -> Result<Step, Error> {
    let found = by_link(cx, token).await?;
    enter(cx, resolved, found, channel, Refusal::LinkDead).await
}

async fn by_link(cx: &Cx, token: &str) -> Result<LinkOfUser, Error> {
    if !can_be_secret(token) {
        return Err(Refusal::LinkDead.into());
    }
    let found = store::magic_links::find(cx.db.as_ref(), &stored(token), cx.now).await?;
    if found.is_none() {
        lookups::note_unknown(cx);
    }
    Ok(found.ok_or(Refusal::LinkDead)?)
}

/// Signs in by a code, as far as that goes. Every try is counted by the address that it is for, whether that has
/// an account or not.
///
/// # Errors
/// [`Refusal::WrongCode`]; [`Refusal::Limited`] after too many wrong ones, and then only the link lets in.
pub(crate) async fn enter_code(
    cx: &Cx,
    resolved: &ResolvedTenant,
    email: &str,
    code: &str,
    channel: Channel<'_>,
) -> Result<Step, Error> {
    let Tenant { id, directory, .. } = resolved.tenant.as_ref();
    let email = Email::parse(email);
    let account = email.as_ref().map_or("-", Email::key);
    if let Some(email) = &email {
        organisation::check_address(cx, resolved, email).await?;
    }
    let look_up = async {
        match &email {
            Some(email) => {
                let found =
                    store::magic_links::of_address(cx.db.as_ref(), directory, email.key(), cx.now).await?;
                Ok(found.filter(|(user, _)| people::may_sign_in(resolved, user)))
            }
            None => Ok(None),
        }
    };
    let (attempt, waiting) = throttle::mailed_code(cx, id, directory, account, look_up).await?;
    let user = waiting.as_ref().map(|(user, _)| user);
    let found = match &waiting {
        Some((user, links)) => {
            let hashes = one_time::hashes(cx, &user.tenant_id, &what_for(user), code)?;
            let is_right = |link: &&MailedCode| {
                hashes.iter().any(|hash| same(link.code_hash.as_bytes(), hash.as_bytes()))
            };
            let right = links.iter().find(is_right);
            right.map(|link| LinkOfUser { hash: link.hash.clone(), user: user.clone() })
        }
        None => None,
    };
    let Some(found) = found else {
        let home = user.map_or(id, |user| &user.tenant_id);
        audit::write(cx, home, Entry::failed("magic_link.failed").by(account)).await?;
        return Err(Refusal::WrongCode.into());
    };
    let step = enter(cx, resolved, found, channel, Refusal::WrongCode).await?;
    attempt.forgive(cx);
    Ok(step)
}

/// The user's tenant, if the request may be for it and it has such links.
async fn tenant_of(cx: &Cx, resolved: &ResolvedTenant, user: &User) -> Result<Option<Rc<Tenant>>, Fault> {
    let tenant = tenants::by_id(cx, &user.tenant_id).await?;
    let here = |tenant: &Rc<Tenant>| principal::of_tenant(resolved, tenant).is_ok();
    Ok(tenant.filter(|tenant| here(tenant) && tenant.settings.magic_links))
}

/// Goes on for a user who has the mailbox; `dead` is what is said if the link was taken meanwhile.
async fn enter(
    cx: &Cx,
    resolved: &ResolvedTenant,
    found: LinkOfUser,
    channel: Channel<'_>,
    dead: Refusal,
) -> Result<Step, Error> {
    let LinkOfUser { hash, mut user } = found;
    let tenant = tenant_of(cx, resolved, &user).await?.ok_or_else(|| dead.clone())?;
    organisation::check_user(cx, &tenant, &user).await?;
    if !user.email_verified {
        user = confirm_email(cx, &user).await?.ok_or_else(|| dead.clone())?;
    }
    let (directory, email_key) = (tenant.directory.clone(), user.email_key.clone());
    let proved = FirstFactor::new(tenant, user, vec![ONE_TIME], FirstProof::MagicLink(hash));
    // That the mailbox is proved is so already: whoever has the link or its code read the mail.
    let forgotten = throttle::mailbox_proved(cx, &directory, &email_key);
    let (step, ()) = join(sign_in::continue_with(cx, proved, channel), forgotten).await;
    let step = step.map_err(|error| match error {
        Error::Refused(Refusal::WrongPassword | Refusal::ChallengeOver) => dead.into(),
        other => other,
    })?;
    Ok(step)
}

/// Confirms the address of a user whose mailbox was proved; the user as they are then. Unless somebody proved one before, nothing that lets in is left
/// of what was there.
async fn confirm_email(cx: &Cx, user: &User) -> Result<Option<User>, Fault> {
    let entry = Entry::ok("email.verified").by(&user.id).on(&user.id).saying(PURPOSE);
    let mut change = Change::new(cx, &user.tenant_id, entry);
    change
        .first(store::unproven::forget(&user.id, &user.email_key, cx.now))
        .take(store::users::confirm_email(&user.id, &user.email_key, cx.now))
        .ends_sessions_of(&user.id)
        .ask(store::users::with_id(&user.tenant_id, &user.id));
    match change.commit().await? {
        Some(done) => done.answer().first().map(store::users::read).transpose(),
        // Confirmed meanwhile.
        None => store::users::by_id(cx.db.as_ref(), &user.tenant_id, &user.id).await,
    }
}

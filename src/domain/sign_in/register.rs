//! Registration, and the link that confirms an address.

use std::rc::Rc;

use crate::crypto::password;
use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Kind, Letter, Linking, Outgoing};
use crate::domain::people;
use crate::domain::people::{address, display_name, new_user};
use crate::domain::refusal::{ADDRESS_TAKEN, Error, Refusal, invalid};
use crate::domain::sign_in::{organisation, passwords};
use crate::domain::tenants::{self, ResolvedTenant, Tenant};
use crate::domain::throttle::{self, MailTo};
use crate::model::email::Email;
use crate::model::reason::Reason;
use crate::model::state::{LinkPurpose, UserStatus};
use crate::ports::Fault;
use crate::store;
use crate::store::users::User;

/// A user who wants an account.
pub(crate) struct Registration<'a> {
    /// The address.
    pub(crate) email: &'a str,
    pub(crate) password: &'a str,
    /// The display name.
    pub(crate) name: Option<&'a str>,
    /// What the mailed link carries on to its page: a query, or nothing.
    pub(crate) onward: &'a str,
}

/// What the caller may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A mail was sent to the address; whether it had an account already is not said.
    CheckMail(Email),
    /// The account can be used at once.
    Ready(Email),
}

/// Registers a person.
///
/// # Errors
/// [`Refusal::SignUpClosed`], [`Refusal::Invalid`], [`Refusal::Limited`]; [`Refusal::Conflict`] for a taken
/// address, only where no confirmation is required and so nothing could hide it; as [`organisation::check_address`].
pub(crate) async fn register(
    cx: &Cx,
    resolved: &ResolvedTenant,
    new: Registration<'_>,
) -> Result<Outcome, Error> {
    let tenant = &resolved.tenant;
    if !tenant.settings.allow_registration {
        return Err(Refusal::SignUpClosed.into());
    }
    let email = address("email", new.email)?;
    organisation::check_address(cx, resolved, &email).await?;
    let domains = &tenant.settings.registration_domains;
    if !domains.is_empty() && !domains.iter().any(|domain| domain == email.domain()) {
        return Err(invalid("email", Reason::DomainNotAllowed));
    }
    passwords::acceptable(&tenant.settings, "password", new.password)?;
    let name = display_name("full_name", new.name)?;
    let by_address = throttle::of_address(cx, format_args!("{}:register", tenant.id));
    // Each costs a hash, and a mail to whom it names.
    let windows = [("minute", 120, 60), ("window", 1_200, 3_600)];
    if !tenant.settings.require_verified_email {
        throttle::windows(cx, by_address, &windows).await?;
        let user = unconfirmed(cx, tenant, &email, name, new.password)?;
        let made = registering(cx, tenant, &user).commit().await?.is_some();
        return if made { Ok(Outcome::Ready(email)) } else { Err(ADDRESS_TAKEN.into()) };
    }
    let purpose = LinkPurpose::VerifyEmail.as_str();
    let mail = MailTo { directory: &tenant.directory, email_key: email.key(), purpose };
    let there = mailing::while_looking_ahead(
        cx,
        tenant,
        &[Kind::VerifyEmail, Kind::AlreadyRegistered],
        store::users::by_email(cx.db.as_ref(), &tenant.directory, email.key()),
    );
    let (verdict, there) = throttle::mail_request(cx, (by_address, &windows), mail, there).await?;
    // Hashed whether or not the address is free, so that the time does not tell.
    let user = unconfirmed(cx, tenant, &email, name, new.password)?;
    let registrant = Registrant { user: &user, onward: new.onward, may_send: verdict.may_send() };
    if there.is_none() {
        let mut change = registering(cx, tenant, &user);
        if registrant.may_send {
            change.tell(registrant.write_link(cx, tenant, &user).await?);
        }
        if change.commit().await?.is_some() {
            return Ok(Outcome::CheckMail(email));
        }
    }
    // Somebody has the address, maybe since a moment ago.
    let there = match there {
        Some(there) => Some(there),
        None => store::users::by_email(cx.db.as_ref(), &tenant.directory, email.key()).await?,
    };
    registrant.write_to_owner(cx, tenant, there.as_ref(), &email).await?;
    Ok(Outcome::CheckMail(email))
}

/// The user of a registration, before anybody proved the address.
fn unconfirmed(
    cx: &Cx,
    tenant: &Tenant,
    email: &Email,
    name: Option<String>,
    new_password: &str,
) -> Result<User, Fault> {
    Ok(User {
        name,
        password_hash: Some(password::hash(new_password, cx.random())?),
        roles: tenant.settings.default_roles.clone(),
        language: cx.caller.language.map(|language| language.tag().to_owned()),
        ..new_user(cx, tenant, email)
    })
}

/// The change that makes the account, if the address is free.
fn registering<'a>(cx: &'a Cx, tenant: &Tenant, user: &User) -> Change<'a> {
    let entry = Entry::ok("user.registered").by(&user.id).on(&user.id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::users::insert_registered(user));
    change
}

/// Who registers, to whom the address' owner is not told.
struct Registrant<'a> {
    user: &'a User,
    onward: &'a str,
    /// Whether the mailbox may get another mail.
    may_send: bool,
}

impl Registrant<'_> {
    /// The link that confirms the address for an account, with what this registration asked for.
    async fn write_link(&self, cx: &Cx, tenant: &Tenant, to: &User) -> Result<Outgoing, Fault> {
        let (purpose, wanted) = (LinkPurpose::VerifyEmail, Some(self.user));
        mailing::write_link(cx, tenant, to, Linking { purpose, wanted, onward: self.onward }).await
    }

    /// Writes to who has the address already; nothing to nobody, in the same round trip.
    async fn write_to_owner(
        &self,
        cx: &Cx,
        tenant: &Tenant,
        there: Option<&User>,
        email: &Email,
    ) -> Result<(), Fault> {
        let mail = match there.filter(|_| self.may_send) {
            Some(there) if there.email_verified => {
                let between = if self.onward.is_empty() { "" } else { "?" };
                let (origin, onward) = (&tenant.origin, self.onward);
                let link = &format!("{origin}/tenant/{}/login{between}{onward}", there.tenant_id);
                mailing::write(cx, tenant, there, Letter::AlreadyRegistered { link }).await?
            }
            Some(there) => self.write_link(cx, tenant, there).await?,
            None => Outgoing {
                stmts: vec![store::users::with_email(&tenant.directory, email.key())],
                id: cx.id(),
            },
        };
        mailing::post(cx, mail).await
    }
}

/// Mails the link that confirms an address once more, if an account waits for that. The caller is told the
/// same either way, and it takes the same work.
///
/// # Errors
/// [`Refusal::Invalid`] for what is no address; [`Refusal::Limited`] by client address.
pub(crate) async fn resend(
    cx: &Cx,
    resolved: &ResolvedTenant,
    email: &str,
    onward: &str,
) -> Result<(), Error> {
    let tenant = &resolved.tenant;
    let email = address("email", email)?;
    organisation::check_address(cx, resolved, &email).await?;
    let by_address = throttle::of_address(cx, format_args!("{}:register", tenant.id));
    let purpose = LinkPurpose::VerifyEmail;
    let mail = MailTo { directory: &tenant.directory, email_key: email.key(), purpose: purpose.as_str() };
    let there = mailing::while_looking_ahead(
        cx,
        tenant,
        &[Kind::VerifyEmail],
        people::by_email(cx, resolved, &email),
    );
    let windows = [("window", 1_200, 3_600)];
    let (verdict, there) = throttle::mail_request(cx, (by_address, &windows), mail, there).await?;
    let may_send = verdict.may_send();
    let waits = |user: &User| may_send && !user.email_verified && user.status == UserStatus::Active;
    let user = there.filter(waits).unwrap_or_else(|| new_user(cx, tenant, &email));
    let tenant = tenants::by_id(cx, &user.tenant_id).await?.ok_or(Refusal::NotFound)?;
    Ok(mailing::post(cx, write_verification(cx, &tenant, &user, onward).await?).await?)
}

/// Writes the mail with a link that confirms a user's address. What the last registration asked for stands until that is
/// done.
pub(crate) async fn write_verification(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    onward: &str,
) -> Result<Outgoing, Fault> {
    let purpose = LinkPurpose::VerifyEmail;
    let mut wanted = user.clone();
    let last = store::mail_links::wanted_by_last(cx.db.as_ref(), &user.id, purpose).await?;
    if let Some((hash, name)) = last {
        (wanted.password_hash, wanted.name) = (Some(hash), name);
    }
    mailing::write_link(cx, tenant, user, Linking { purpose, wanted: Some(&wanted), onward }).await
}

/// The tenant of a link whose address has been confirmed, by it or by a later one; `None` for any other.
pub(crate) async fn confirmed_already(cx: &Cx, token: &str) -> Result<Option<Rc<Tenant>>, Fault> {
    let purpose = LinkPurpose::VerifyEmail;
    match store::mail_links::tenant_of_confirmed(cx.db.as_ref(), &stored(token), purpose).await? {
        Some(id) => tenants::by_id(cx, &id).await,
        None => Ok(None),
    }
}

/// Confirms the address that a link was mailed to.
///
/// # Errors
/// [`Refusal::LinkDead`].
pub(crate) async fn verify_email(cx: &Cx, token: &str) -> Result<Rc<Tenant>, Error> {
    let tenant = mailing::tenant_of_link(cx, token, LinkPurpose::VerifyEmail).await?;
    let link = store::mail_links::take(
        cx.db.as_ref(),
        &stored(token),
        LinkPurpose::VerifyEmail.accepted_purposes(),
        cx.now,
    )
    .await?;
    let link = link.ok_or(Refusal::LinkDead)?;
    let entry = Entry::ok("email.verified").by(&link.user_id).on(&link.user_id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.then_all(store::unproven::forget(&link.user_id, &link.email_key, cx.now));
    if let Some(hash) = &link.password_hash {
        // Only while the address is unconfirmed: a confirmed account's password is its owner's.
        change.then(store::users::settle_registration(
            &link.user_id,
            &link.email_key,
            hash,
            link.name.as_deref(),
            cx.now,
        ));
    }
    change
        .then(store::users::confirm_email(&link.user_id, &link.email_key, cx.now))
        .ends_sessions_of(&link.user_id);
    change.commit().await?;
    Ok(tenant)
}

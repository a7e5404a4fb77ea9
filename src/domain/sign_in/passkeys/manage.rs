//! The passkeys that a user has: listed, named, removed; and who may change them.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Changed, Letter};
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::OwnSession;
use crate::domain::session::recency::{self, Lasting};
use crate::model::factor::has_two;
use crate::model::name;
use crate::ports::Fault;
use crate::store::factors::Factors;
use crate::store::passkeys::Passkey;
use crate::store::users::User;
use crate::store::{self, Listed, Page};

/// Characters of a passkey's name.
const LONGEST_NAME: usize = 100;

/// How many passkeys a user may have.
pub(crate) const MOST: i64 = 20;

/// The name of the cookie by which only the browser that was shown a page answers its ceremony.
pub(crate) const COOKIE: &str = "__Host-portcullis-passkey";

/// How long a browser keeps it, in seconds: for many ceremonies.
pub(crate) const COOKIE_SECONDS: i64 = 30 * 86_400;

/// How long a ceremony may take, in seconds.
pub(crate) const SECONDS: i64 = 300;

/// A passkey, as a `PublicKeyCredentialDescriptor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// The credential id, base64url.
    pub(crate) id: String,
    /// How it is reached.
    pub(crate) transports: Vec<String>,
}

/// The passkeys of a user that are scoped to a domain.
pub(crate) async fn list_for_domain(cx: &Cx, user_id: &str, rp_id: &str) -> Result<Vec<Known>, Fault> {
    let all = store::passkeys::list(cx.db.as_ref(), user_id, &Page { limit: MOST, after: None }).await?;
    let here = all.items.into_iter().filter(|passkey| passkey.rp_id == rp_id);
    Ok(here.map(|passkey| Known { id: passkey.credential_id, transports: passkey.transports }).collect())
}

/// The user of a session as they are now, and what they have.
pub(crate) async fn own(cx: &Cx, session: &OwnSession) -> Result<(User, Factors), Error> {
    if !session.tenant.settings_for(&session.user).passkeys {
        return Err(Refusal::Forbidden.into());
    }
    let id = &session.user.id;
    let found = store::factors::by_id(cx.db.as_ref(), &session.tenant.id, id, cx.now).await?;
    Ok(found.ok_or(Refusal::BadCredential)?)
}

/// Whether a session may add and remove passkeys: it has proved two factors, if the user has any that could be
/// the second.
///
/// # Errors
/// [`Refusal::MfaRequired`].
pub(crate) fn may_change(session: &OwnSession, user: &User, factors: &Factors) -> Result<(), Refusal> {
    if factors.any(user) && !has_two(&session.amr) { Err(Refusal::MfaRequired) } else { Ok(()) }
}

/// A page of the caller's passkeys.
pub(crate) async fn list(cx: &Cx, session: &OwnSession, page: &Page) -> Result<Listed<Passkey>, Error> {
    Ok(store::passkeys::list(cx.db.as_ref(), &session.user.id, page).await?)
}

pub(crate) fn checked_name(name: &str) -> Result<String, Error> {
    name::parse(name, LONGEST_NAME).map_err(|reason| invalid("name", reason))
}

/// Gives one of the caller's passkeys another name.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::NotFound`].
pub(crate) async fn rename(cx: &Cx, session: &OwnSession, id: &str, name: &str) -> Result<Passkey, Error> {
    let name = checked_name(name)?;
    let (user, _) = own(cx, session).await?;
    let entry = Entry::ok("passkey.renamed").by(&user.id).on(id);
    let mut change = Change::new(cx, &user.tenant_id, entry);
    change.take(store::passkeys::rename(&user.id, id, &name));
    if change.commit().await?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    Ok(store::passkeys::by_id(cx.db.as_ref(), &user.id, id).await?.ok_or(Refusal::NotFound)?)
}

/// Removes one of the caller's passkeys, and tells them by mail.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::MfaRequired`]; [`Refusal::Conflict`] for an administrator's last way to sign in; as
/// [`fresh_sign_in::require`].
pub(crate) async fn remove(cx: &Cx, session: &OwnSession, id: &str) -> Result<(), Error> {
    let (user, factors) = own(cx, session).await?;
    may_change(session, &user, &factors)?;
    recency::require(cx, session, Lasting::Factor).await?;
    let mut change = Change::new(cx, &user.tenant_id, Entry::ok("passkey.removed").by(&user.id).on(id));
    change
        .take(store::passkeys::delete(&user.id, id))
        .keeps_a_way_in_of(&user)
        .tell(mailing::write(cx, &session.tenant, &user, Letter::Changed(Changed::PasskeyRemoved)).await?);
    if change.commit_or_refuse().await?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    Ok(())
}

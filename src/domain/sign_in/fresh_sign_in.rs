//! Lasting access from a stolen token: a token alone makes nothing that outlives its session. Whoever makes such a thing
//! signed in lately, stepped up lately (as RFC 9470 asks it), or sends the password now. A refresh, a token exchange and
//! a grant to a client prove nothing anew; keys and clients by themselves have no sign-in, and are not asked for one.

use crate::crypto::password::Check;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::{Admin, Credential, Operator, OwnSession, Session};
use crate::domain::sign_in::passwords;
use crate::domain::tenants::Tenant;
use crate::store;
use crate::store::users::User;

/// What is to last, each kind with a setting of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// What a person signs in with or is reached by: a first password, a second factor, a passkey, an address; the end of
    /// the account, and a copy of it.
    Factor,
    /// An API key, and what an administrator makes or changes that lets somebody in.
    ApiKey,
}

impl Lasting {
    /// How long ago the sign-in may be, in seconds.
    fn seconds(self, tenant: &Tenant, user: &User) -> i64 {
        let settings = tenant.settings_for(user);
        match self {
            Lasting::Factor => settings.reauthentication_seconds,
            Lasting::ApiKey => settings.api_key_reauthentication_seconds,
        }
    }
}

/// Requires that the person of a session proved who they are lately, or does so with this password.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]; as [`confirm`] for a password that is sent.
pub(crate) async fn require(
    cx: &Cx,
    session: &OwnSession,
    lasting: Lasting,
    password: Option<&str>,
) -> Result<(), Error> {
    match (proved_lately(cx, session, lasting).await, password.filter(|sent| !sent.is_empty())) {
        (Err(Error::Refused(Refusal::ReauthenticationRequired { .. })), Some(password)) => {
            confirm(cx, session, password).await
        }
        (proved, _) => proved,
    }
}

/// The same of a client's grant, which is as old as the sign-in that it was given in. No password comes from a client.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]: the client asks for authorization anew, with `max_age` or `prompt=login`.
pub(crate) async fn require_of_grant(cx: &Cx, grant: &Session, lasting: Lasting) -> Result<(), Error> {
    proved_lately(cx, grant, lasting).await
}

/// The same of an administrator who calls in a session, of their own or lent.
///
/// # Errors
/// As [`require`]; a password counts in a session of their own alone.
pub(crate) async fn require_of_admin(
    cx: &Cx,
    admin: &Admin,
    lasting: Lasting,
    password: Option<&str>,
) -> Result<(), Error> {
    match admin.own_session() {
        Some(session) => require(cx, &session, lasting, password).await,
        None => proved_lately(cx, admin, lasting).await,
    }
}

/// The same of the operator.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`].
pub async fn require_of_operator(cx: &Cx, operator: &Operator) -> Result<(), Error> {
    proved_lately(cx, operator, Lasting::ApiKey).await
}

/// The same of whoever's token vouches for a client that registers.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`].
pub(crate) async fn require_of_voucher(cx: &Cx, voucher: &Credential) -> Result<(), Error> {
    proved_lately(cx, voucher, Lasting::ApiKey).await
}

async fn proved_lately(cx: &Cx, credential: &Credential, lasting: Lasting) -> Result<(), Error> {
    // A key, or a client by itself.
    let (Some(user), Some(session_id)) = (credential.user(), &credential.session_id) else { return Ok(()) };
    let seconds = lasting.seconds(&credential.tenant, user);
    if credential.proved_at.is_some_and(|at| cx.now < at.plus(seconds)) {
        return Ok(());
    }
    // What an isolate remembers of a session may be older than its last proof.
    require_in(cx, &credential.tenant, user, session_id, lasting).await
}

/// The same of the session of that id, as it is now.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`], also for a session that is over.
pub(crate) async fn require_in(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    session_id: &str,
    lasting: Lasting,
) -> Result<(), Error> {
    let seconds = lasting.seconds(tenant, user);
    let live = store::sessions::live_by_id(cx.db.as_ref(), session_id, cx.now).await?;
    match live.is_some_and(|live| live.user.id == user.id && cx.now < live.proved_at.plus(seconds)) {
        true => Ok(()),
        false => Err(Refusal::ReauthenticationRequired { seconds }.into()),
    }
}

/// Proves in a session, with the password, who its person is.
///
/// # Errors
/// [`Refusal::WrongPassword`], of one who has none, too; [`Refusal::Limited`] by user.
pub async fn confirm(cx: &Cx, session: &OwnSession, password: &str) -> Result<(), Error> {
    let tenant = &session.tenant;
    let user = store::users::by_id(cx.db.as_ref(), &tenant.id, &session.user.id).await?;
    let user = user.ok_or(Refusal::BadCredential)?;
    let failed = Entry::failed("session.reauthenticated").on(session.id());
    passwords::prove(cx, tenant, &user, password, Check::Wrong, failed).await?;
    let entry = Entry::ok("session.reauthenticated").by(&user.id).on(session.id());
    // Somebody else may have ended the session, or changed the password, meanwhile.
    let hash = user.password_hash.as_deref().unwrap_or_default();
    let proved = store::sessions::prove(session.id(), &user.id, hash, cx.now);
    if !audit::change(cx, &tenant.id, proved, entry).await? {
        return Err(Refusal::BadCredential.into());
    }
    cx.cache.forget_user(&user.id);
    Ok(())
}

//! How lately the person of a session proved who they are: a sign-in or a step-up counts (RFC 9470), a refresh, a token
//! exchange and a grant to a client do not. What is to last asks for it (`sign_in::fresh_sign_in`, with the password too).

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::credential::Credential;
use crate::domain::tenants::Tenant;
use crate::store;
use crate::store::users::User;

/// What is to last, each kind with a setting of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasting {
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

/// Requires that the person whom a credential stands for proved who they are lately. A client's grant is as old as the
/// sign-in that it was given in; a key, and a client by itself, have no sign-in and are not asked for one.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]: a client asks for authorization anew, with `max_age` or `prompt=login`.
pub(crate) async fn require(cx: &Cx, credential: &Credential, lasting: Lasting) -> Result<(), Error> {
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
/// [`Refusal::ReauthenticationRequired`], also for a session that has ended.
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

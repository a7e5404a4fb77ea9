//! Sign-in with a password: the one walk that every surface and the hosted page take.

use std::rc::Rc;

use crate::crypto::password::{self, Check};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::sessions::{self, Tokens};
use crate::domain::tenants::{self, Chosen, Tenant};
use crate::domain::throttle;
use crate::domain::users;
use crate::model::email::Email;
use crate::ports::Stmt;
use crate::store;
use crate::store::users::User;

/// An address and a password, as they were sent.
pub struct Attempt<'a> {
    /// The address.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
}

/// One who proved to be who they say.
struct Proved {
    tenant: Rc<Tenant>,
    user: User,
    /// What to write together with the session.
    writes: Vec<Stmt>,
}

/// Signs in for an API.
///
/// # Errors
/// [`Refusal::WrongPassword`] whatever of the pair is wrong, [`Refusal::EmailUnverified`] only to one who
/// knows the password, [`Refusal::Limited`].
pub async fn for_tokens(cx: &Cx, chosen: &Chosen, attempt: Attempt<'_>) -> Result<(User, Tokens), Error> {
    let Proved { tenant, user, writes } = prove(cx, chosen, attempt).await?;
    let tokens = sessions::begin_with_tokens(cx, &tenant, &user, "pwd", writes).await?;
    Ok((user, tokens))
}

/// Signs in a browser; returns the cookie's value.
///
/// # Errors
/// As [`for_tokens`].
pub async fn for_browser(cx: &Cx, chosen: &Chosen, attempt: Attempt<'_>) -> Result<String, Error> {
    let Proved { tenant, user, writes } = prove(cx, chosen, attempt).await?;
    sessions::begin_with_cookie(cx, &tenant, &user, "pwd", writes).await
}

async fn prove(cx: &Cx, chosen: &Chosen, attempt: Attempt<'_>) -> Result<Proved, Error> {
    let directory = &chosen.tenant.directory;
    // What can be no account's address is nobody's: refused like a wrong password, at the same cost.
    let email = Email::parse(attempt.email);
    let account = email.as_ref().map_or("-", Email::key);
    let counted = throttle::login_attempt(cx, &chosen.tenant.id, directory, account).await?;
    let user = match &email {
        Some(email) => users::by_email(cx, chosen, email).await?,
        None => None,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.as_deref());
    let check = match hash {
        Some(hash) => password::check(attempt.password, hash),
        None => {
            password::decoy(attempt.password);
            Check::Wrong
        }
    };
    let user = match user {
        Some(user) if check != Check::Wrong && user.status == "active" => user,
        _ => {
            let entry = Entry::failed("login.failed").by(account);
            let tenant_id = user.as_ref().map_or(&chosen.tenant.id, |user| &user.tenant_id);
            audit::write(cx, tenant_id, entry).await?;
            return Err(Refusal::WrongPassword.into());
        }
    };
    if let Some(counted) = counted {
        counted.succeeded(cx).await?;
    }
    let tenant = tenants::by_id(cx, &user.tenant_id).await?.ok_or(Refusal::WrongPassword)?;
    if tenant.settings.require_verified_email && !user.email_verified {
        audit::write(cx, &tenant.id, Entry::failed("login.unverified").by(&user.id)).await?;
        return Err(Refusal::EmailUnverified.into());
    }
    let mut writes = Vec::new();
    if let (Check::RightButStale, Some(was)) = (check, &user.password_hash) {
        let fresh = password::hash(attempt.password, cx.random())?;
        writes.push(store::users::refresh_password(&user.id, was, &fresh));
    }
    Ok(Proved { tenant, user, writes })
}

//! What is sent to prove a second factor: counted before it is looked at, checked, and spent by the change that follows.

use crate::crypto::password::{self, Check};
use crate::crypto::secret::same;
use crate::crypto::totp;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::sign_in::challenges::PendingChallenge;
use crate::domain::sign_in::{app_secrets, one_time};
use crate::domain::tenants::{ResolvedTenant, Tenant};
use crate::domain::throttle::{self, CountedAttempt};
use crate::model::factor::Method;
use crate::model::text::typed_code;
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::challenges::Challenge;
use crate::store::factors::Factors;
use crate::store::passkeys::PasskeyUse;
use crate::store::users::User;

/// What was sent to prove a second factor.
pub enum Proof<'a> {
    /// A code: of an authenticator app, of a mail, or a backup code.
    Code(&'a str),
    /// The password, of a user who came by mail.
    Password(&'a str),
    /// A passkey that was verified.
    Passkey(PasskeyUse),
}

/// A second factor that was right when it was looked at.
pub(crate) struct Guess {
    used: Used,
    /// What it was counted as.
    attempt: CountedAttempt,
}

/// What was used as a second factor.
enum Used {
    /// A code of the authenticator app that is being enrolled, of that time step.
    NewApp(i64),
    /// A code of the user's authenticator app, of that time step.
    App(i64),
    /// A backup code, as what its hash can be.
    Backup(Vec<String>),
    /// The code that was mailed for a challenge, as their hashes.
    Mailed {
        challenge: String,
        code: String,
    },
    /// The password, which was checked with that hash, for a challenge.
    Password {
        challenge: String,
        hash: String,
    },
    Passkey(PasskeyUse),
}

impl Used {
    fn method(&self) -> Method {
        match self {
            Used::NewApp(_) | Used::App(_) => Method::Totp,
            Used::Backup(_) => Method::Backup,
            Used::Mailed { .. } => Method::Email,
            Used::Password { .. } => Method::Password,
            Used::Passkey(_) => Method::Passkey,
        }
    }
}

impl Guess {
    /// What it was.
    pub(crate) fn method(&self) -> Method {
        self.used.method()
    }

    /// The time step of the code that proved a new authenticator app.
    pub(crate) fn step_of_new_app(&self) -> Option<i64> {
        match self.used {
            Used::NewApp(step) => Some(step),
            _ => None,
        }
    }

    /// Whether spending it takes the challenge as well, in the same statement.
    pub(crate) fn takes_challenge(&self) -> bool {
        matches!(self.used, Used::Mailed { .. } | Used::Password { .. })
    }

    /// Spends it in a change: of many at once, one does. With the hash of a password that was sent along, it is spent only
    /// while that is the user's.
    pub(crate) fn spend(&self, cx: &Cx, change: &mut Change<'_>, user: &User, password_hash: Option<&str>) {
        let with_password = |stmt: Stmt| match password_hash {
            Some(hash) => store::users::if_password_is(stmt, hash),
            None => stmt,
        };
        match &self.used {
            Used::NewApp(_) => {}
            Used::App(step) => {
                change.take(with_password(store::authenticators::accept(&user.id, *step)));
            }
            Used::Backup(hashes) => {
                change.take(with_password(store::backup_codes::spend(&user.id, hashes, cx.now)));
            }
            Used::Mailed { challenge, code } => {
                change.take(store::challenges::take_with_code(challenge, code, cx.now));
            }
            Used::Password { challenge, hash } => {
                change.take(store::challenges::take_with_password(challenge, hash, cx.now));
            }
            Used::Passkey(used) => {
                change.take_all(store::passkeys::spend(used, cx.now));
            }
        }
    }

    /// What the change came to that spent it: the attempt is forgiven if it was done, and else wrong, as what was sent
    /// had been spent before.
    ///
    /// # Errors
    /// [`Refusal::WrongCode`].
    pub(crate) async fn settle<T>(
        self,
        cx: &Cx,
        tenant: &Tenant,
        user: &User,
        done: Option<T>,
    ) -> Result<T, Error> {
        let Some(done) = done else { return Err(wrong(cx, tenant, user).await?) };
        self.attempt.forgive(cx);
        Ok(done)
    }
}

/// Looks at what was sent for a challenge.
///
/// # Errors
/// [`Refusal::WrongCode`], [`Refusal::WrongPassword`], [`Refusal::Limited`].
pub(crate) async fn check_proof(
    cx: &Cx,
    resolved: &ResolvedTenant,
    waiting: &PendingChallenge,
    proof: Proof<'_>,
) -> Result<Guess, Error> {
    let PendingChallenge { tenant, user, row, .. } = waiting;
    let allows = |method| waiting.methods().contains(&method);
    match proof {
        Proof::Password(sent) if allows(Method::Password) => {
            let directory = &resolved.tenant.directory;
            let nothing = async { Ok(()) };
            let (attempt, ()) =
                throttle::login_attempt(cx, &tenant.id, directory, &user.email_key, nothing).await?;
            let hash = user.password_hash.as_deref().unwrap_or_default();
            if password::check(sent, hash) == Check::Wrong {
                let entry = Entry::failed("login.failed").by(&user.id);
                attempt.was_wrong(cx, audit::write(cx, &tenant.id, entry)).await?;
                return Err(Refusal::WrongPassword.into());
            }
            attempt.forgive(cx);
            let used = Used::Password { challenge: row.hash.clone(), hash: hash.to_owned() };
            Ok(Guess { used, attempt: CountedAttempt::default() })
        }
        Proof::Passkey(used) if allows(Method::Passkey) && used.user_id == user.id => {
            Ok(Guess { used: Used::Passkey(used), attempt: CountedAttempt::default() })
        }
        Proof::Password(_) | Proof::Passkey(_) => Err(wrong(cx, tenant, user).await?),
        Proof::Code(sent) => {
            let settings = tenant.settings_for(user);
            let attempt = throttle::second_factor(cx, &tenant.id, &settings, &user.id, Some(&row.id)).await?;
            let used = match waiting.app_secret(cx)? {
                Some(secret) => {
                    totp::matching_step(&secret, &typed_code(sent), cx.now.unix()).map(Used::NewApp)
                }
                None => code_in_use(cx, tenant, user, &waiting.factors, Some(row), sent)?
                    .filter(|used| matches!(used, Used::Mailed { .. }) || allows(used.method())),
            };
            accept_or_refuse(cx, tenant, user, used, attempt).await
        }
    }
}

/// Looks at a code of a user who has just proved who they are, or is signed in: of their app, a backup code, or
/// what was mailed for that challenge. It was counted before, as this attempt, with [`throttle::second_factor`].
///
/// # Errors
/// [`Refusal::WrongCode`].
pub(crate) async fn check_code(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    factors: &Factors,
    mailed: Option<&Challenge>,
    sent: &str,
    attempt: CountedAttempt,
) -> Result<Guess, Error> {
    let used = code_in_use(cx, tenant, user, factors, mailed, sent)?;
    accept_or_refuse(cx, tenant, user, used, attempt).await
}

/// The guess, if what was sent is a code in use.
async fn accept_or_refuse(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    used: Option<Used>,
    attempt: CountedAttempt,
) -> Result<Guess, Error> {
    match used {
        Some(used) => Ok(Guess { used, attempt }),
        None => Err(wrong(cx, tenant, user).await?),
    }
}

/// The code that was mailed for a challenge last, one of the user's authenticator app, or what may be a backup code:
/// whether it is, its statement says.
fn code_in_use(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    factors: &Factors,
    mailed: Option<&Challenge>,
    sent: &str,
) -> Result<Option<Used>, Fault> {
    let sent = typed_code(sent);
    if let Some(row) = mailed
        && let Some(right) = &row.code_hash
    {
        let codes = one_time::hashes(cx, &row.tenant_id, &row.id, &sent)?;
        if let Some(code) = codes.into_iter().find(|code| same(right.as_bytes(), code.as_bytes())) {
            return Ok(Some(Used::Mailed { challenge: row.hash.clone(), code }));
        }
    }
    if sent.len() == 6 {
        let Some(app) = &factors.authenticator else { return Ok(None) };
        let row = app_secrets::of_user(&user.id);
        let secret = app_secrets::open(cx, &tenant.id, &row, &app.sealed_secret)?;
        let step = totp::matching_step(&secret, &sent, cx.now.unix());
        return Ok(step.filter(|step| *step > app.last_step).map(Used::App));
    }
    if factors.backup_codes == 0 || sent.is_empty() {
        return Ok(None);
    }
    let kept = &factors.kept_keys;
    Ok(Some(Used::Backup(one_time::backup_hashes(cx, &tenant.id, &user.id, kept, &sent)?)))
}

/// A wrong second factor: told in the log, refused to the caller.
async fn wrong(cx: &Cx, tenant: &Tenant, user: &User) -> Result<Error, Fault> {
    audit::write(cx, &tenant.id, Entry::failed("mfa.failed").by(&user.id)).await?;
    Ok(Refusal::WrongCode.into())
}

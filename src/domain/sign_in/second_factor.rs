//! The second factor: what proves it, and what comes of it. Every guess is counted before it is looked at.

use crate::crypto::password::{self, Check};
use crate::crypto::secret::same;
use crate::crypto::totp;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::mailing::{self, Changed, Outgoing};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::session::one_mailbox;
use crate::domain::session::recency::{self, Lasting};
use crate::domain::session::sessions::{Begin, Upgrade};
use crate::domain::sign_in::challenges::PendingChallenge;
use crate::domain::sign_in::signed_in::SignedIn;
use crate::domain::sign_in::{app_secrets, one_time, trusted_devices};
use crate::domain::tenants::{ResolvedTenant, Tenant};
use crate::domain::throttle::{self, SecondFactor};
use crate::model::factor::{self, Method, has_two};
use crate::model::state::{ChallengePurpose, Mfa};
use crate::model::text::typed_code;
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::authenticators::Authenticator;
use crate::store::challenges::Challenge;
use crate::store::factors::Factors;
use crate::store::users::User;

/// What was sent to prove a second factor.
pub enum Proof<'a> {
    /// A code: of an authenticator app, of a mail, or a backup code.
    Code(&'a str),
    /// The password, of one who came by mail.
    Password(&'a str),
    /// A passkey that was verified, as whose and with what it spends.
    Passkey {
        /// Its user.
        user_id: &'a str,
        /// The statements that note its use: each changes something, or it counts for nothing.
        gate: Vec<Stmt>,
    },
}

/// A second factor that was right when it was looked at.
pub(crate) struct Guess {
    /// What it was.
    pub(crate) method: Method,
    /// What it spends, in this order: each statement changes something, or it was spent before.
    pub(crate) gate: Vec<Stmt>,
    /// What it was counted as.
    tried: Option<SecondFactor>,
    /// The time step of an authenticator app's code.
    step: i64,
}

/// Completes a challenge.
///
/// # Errors
/// [`Refusal::WrongCode`], [`Refusal::WrongPassword`], [`Refusal::Limited`]; as [`recency::require_in`] for a factor
/// that is set up in a session.
pub(crate) async fn complete(
    cx: &Cx,
    resolved: &ResolvedTenant,
    waiting: &PendingChallenge,
    channel: Channel<'_>,
    proof: Proof<'_>,
    trust: bool,
) -> Result<SignedIn, Error> {
    if let Some(session_id) = waiting.row.session_id.as_deref().filter(|_| waiting.enrols()) {
        let PendingChallenge { tenant, user, .. } = waiting;
        recency::require_in(cx, tenant, user, session_id, Lasting::Factor).await?;
    }
    let guess = look(cx, resolved, waiting, proof).await?;
    let Guess { method, mut gate, tried, step } = guess;
    // With a code that was mailed for the challenge, and with a password, it is taken in one statement.
    if !matches!(method, Method::Email | Method::Password) {
        gate.push(store::challenges::take(&waiting.row.hash, cx.now));
    }
    let adds_nothing = one_mailbox::adds_nothing(&waiting.user, &waiting.row.amr, method);
    let amr = factor::joined(&waiting.row.amr, method, adds_nothing);
    let Some(signed_in) = conclude(cx, waiting, channel, End { method, gate, amr, step, trust }).await?
    else {
        return Err(wrong(cx, &waiting.tenant, &waiting.user).await?);
    };
    if let Some(tried) = tried {
        tried.right(cx);
    }
    Ok(signed_in)
}

/// What a challenge ends with.
struct End {
    method: Method,
    gate: Vec<Stmt>,
    amr: Vec<String>,
    step: i64,
    trust: bool,
}

async fn conclude(
    cx: &Cx,
    waiting: &PendingChallenge,
    channel: Channel<'_>,
    end: End,
) -> Result<Option<SignedIn>, Error> {
    let PendingChallenge { purpose, tenant, user, row, .. } = waiting;
    let End { method, gate, amr, step, trust } = end;
    let enrols = waiting.enrols();
    let backup_codes = if enrols { one_time::backup_codes(cx) } else { Vec::new() };
    let confirms = confirms_password(user, &amr);
    let password = |mark: &str| {
        let stmt = confirms.then(|| store::users::confirm_password(&user.id, mark));
        stmt.into_iter().collect::<Vec<_>>()
    };
    let two = has_two(&amr);
    let effects = async |mark: &str| -> Result<(Vec<Stmt>, Option<Outgoing>), Error> {
        let (mut all, changed) = match (enrols, method) {
            (true, _) => (enrol(cx, waiting, step, &backup_codes, mark)?, Changed::SecondFactorOn),
            (false, Method::Backup) => (Vec::new(), Changed::BackupCodeUsed),
            (false, _) => return Ok((password(mark), None)),
        };
        all.extend(password(mark));
        let mut letter = mailing::notice(cx, tenant, user, changed, mark).await?;
        all.append(&mut letter.stmts);
        Ok((all, Some(letter)))
    };
    let mut device = None;
    let letter;
    let session_secret = match purpose {
        ChallengePurpose::SignIn => {
            let mut begin = Begin::new(cx, tenant, user, amr);
            begin.gate = gate;
            (begin.writes, letter) = effects(begin.mark()).await?;
            if enrols {
                let entry = Entry::ok("mfa.enrolled").by(&user.id).on(&user.id).saying(method.name());
                let row = audit::row(cx, &tenant.id, entry);
                begin.writes.push(store::audit::if_written(row, begin.mark()));
            }
            // A browser is trusted in the place of a second factor, and so for one who proved it.
            let trusts = trust && channel.is_browser() && two;
            let trusted = || trusted_devices::trust(cx, tenant, user, begin.mark());
            if let Some((cookie, stmt)) = trusts.then(trusted).flatten() {
                begin.writes.push(stmt);
                device = Some(cookie);
            }
            begin.held_by(cx, channel).await?
        }
        ChallengePurpose::StepUp | ChallengePurpose::Enrol => {
            let session_id = row.session_id.as_deref().unwrap_or_default();
            let event = if enrols { "mfa.enrolled" } else { "mfa.succeeded" };
            let entry = Entry::ok(event).by(&user.id).on(session_id).saying(method.name());
            let mark = audit::mark(cx, &tenant.id, entry);
            let writes;
            (writes, letter) = effects(&mark.id).await?;
            let proves = !enrols;
            let upgrade = Upgrade { tenant, user, session_id, amr: &amr, gate, mark, writes, proves };
            upgrade.write(cx, channel).await?
        }
    };
    let Some(session_secret) = session_secret else { return Ok(None) };
    if let Some(letter) = letter {
        mailing::dispatch(cx, letter).await;
    }
    let (tenant, user) = (tenant.clone(), user.clone());
    Ok(Some(SignedIn { tenant, user, session_secret, backup_codes, device }))
}

/// Whether a password that was set by mail is one's own knowledge from now on: somebody with another factor used it.
pub(crate) fn confirms_password(user: &User, amr: &[String]) -> bool {
    user.password_by_mail && has_two(amr) && amr.iter().any(|one| one == factor::PASSWORD)
}

/// The statements that give a user the factor that was just proved, and a set of backup codes.
fn enrol(
    cx: &Cx,
    waiting: &PendingChallenge,
    step: i64,
    backup_codes: &[String],
    mark: &str,
) -> Result<Vec<Stmt>, Error> {
    let PendingChallenge { tenant, user, .. } = waiting;
    let app_secret = waiting.app_secret(cx)?;
    let mfa = if app_secret.is_some() { Mfa::Totp } else { Mfa::Email };
    let mut all = vec![store::users::set_mfa(&user.id, mfa, mark)];
    if let Some(secret) = app_secret {
        let row = app_secrets::of_user(&user.id);
        let sealed_secret = app_secrets::seal(cx, &tenant.id, &row, &secret)?;
        let app = Authenticator { sealed_secret, last_step: step };
        all.push(store::authenticators::put(&user.id, &tenant.id, &app, cx.now, mark));
    } else {
        all.push(store::authenticators::delete(&user.id, mark));
    }
    all.extend(replaced(cx, tenant, user, backup_codes, mark)?);
    // Whoever began to enrol or sign in before knew nothing of this factor.
    all.push(store::audit::if_written(store::challenges::end_all(&user.id, cx.now), mark));
    Ok(all)
}

/// The statements that put these backup codes in the place of the ones before.
pub(crate) fn replaced(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    codes: &[String],
    mark: &str,
) -> Result<[Stmt; 2], Fault> {
    let hash = |code: &String| one_time::hash(cx, &tenant.id, &user.id, code);
    let hashes = codes.iter().map(hash).collect::<Result<Vec<_>, _>>()?;
    Ok(store::backup_codes::replace(&user.id, &hashes, mark))
}

/// Looks at what was sent for a challenge.
async fn look(
    cx: &Cx,
    resolved: &ResolvedTenant,
    waiting: &PendingChallenge,
    proof: Proof<'_>,
) -> Result<Guess, Error> {
    let PendingChallenge { tenant, user, row, .. } = waiting;
    let refused = async || Err(wrong(cx, tenant, user).await?);
    match proof {
        Proof::Password(sent) if waiting.methods().contains(&Method::Password) => {
            let directory = &resolved.tenant.directory;
            let nothing = async { Ok(()) };
            let (counted, ()) =
                throttle::login_attempt(cx, &tenant.id, directory, &user.email_key, nothing).await?;
            let hash = user.password_hash.as_deref().unwrap_or_default();
            if password::check(sent, hash) == Check::Wrong {
                let entry = Entry::failed("login.failed").by(&user.id);
                throttle::wrong_password(cx, counted, audit::write(cx, &tenant.id, entry)).await?;
                return Err(Refusal::WrongPassword.into());
            }
            if let Some(counted) = counted {
                counted.succeeded(cx);
            }
            let gate = vec![store::challenges::take_with_password(&row.hash, hash, cx.now)];
            Ok(Guess { method: Method::Password, gate, tried: None, step: 0 })
        }
        Proof::Passkey { user_id, gate }
            if waiting.methods().contains(&Method::Passkey) && user_id == user.id =>
        {
            Ok(Guess { method: Method::Passkey, gate, tried: None, step: 0 })
        }
        Proof::Password(_) | Proof::Passkey { .. } => refused().await,
        Proof::Code(sent) => {
            let tried =
                throttle::second_factor(cx, &tenant.id, &tenant.settings_for(user), &user.id, Some(&row.id))
                    .await?;
            let sent = typed_code(sent);
            if let Some(secret) = waiting.app_secret(cx)? {
                let Some(step) = totp::matching_step(&secret, &sent, cx.now.unix()) else {
                    return refused().await;
                };
                return Ok(Guess { method: Method::Totp, gate: Vec::new(), tried, step });
            }
            if let Some(gate) = mailed_code(cx, row, &sent)? {
                return Ok(Guess { method: Method::Email, gate: vec![gate], tried, step: 0 });
            }
            let allowed = |method| waiting.methods().contains(&method);
            match of_user(cx, tenant, user, &waiting.factors, &sent)? {
                Some(found) if allowed(found.method) => Ok(Guess { tried, ..found }),
                _ => refused().await,
            }
        }
    }
}

/// What takes a challenge, if this is the code that was mailed for it last.
fn mailed_code(cx: &Cx, row: &Challenge, sent: &str) -> Result<Option<Stmt>, Fault> {
    let Some(right) = &row.code_hash else { return Ok(None) };
    let hash = one_time::hash(cx, &row.tenant_id, &row.id, sent)?;
    let take = || store::challenges::take_with_code(&row.hash, &hash, cx.now);
    Ok(same(right.as_bytes(), hash.as_bytes()).then(take))
}

/// Looks at a code of one who has just proved who they are, or is signed in: of their app, a backup code, or
/// what was mailed for that challenge. Whoever asks has counted it before, with [`throttle::second_factor`].
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
) -> Result<Guess, Error> {
    let sent = typed_code(sent);
    if let Some(gate) = mailed.map(|row| mailed_code(cx, row, &sent)).transpose()?.flatten() {
        return Ok(Guess { method: Method::Email, gate: vec![gate], tried: None, step: 0 });
    }
    match of_user(cx, tenant, user, factors, &sent)? {
        Some(found) => Ok(found),
        None => Err(wrong(cx, tenant, user).await?),
    }
}

/// A code of the user's authenticator app, or what may be a backup code: whether it is, its statement says.
fn of_user(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    factors: &Factors,
    sent: &str,
) -> Result<Option<Guess>, Error> {
    if sent.len() == 6 {
        let Some(app) = &factors.authenticator else { return Ok(None) };
        let row = app_secrets::of_user(&user.id);
        let secret = app_secrets::open(cx, &tenant.id, &row, &app.sealed_secret)?;
        let step = totp::matching_step(&secret, sent, cx.now.unix()).filter(|step| *step > app.last_step);
        return Ok(step.map(|step| Guess {
            method: Method::Totp,
            gate: vec![store::authenticators::accept(&user.id, step)],
            tried: None,
            step,
        }));
    }
    if factors.backup_codes == 0 || sent.is_empty() {
        return Ok(None);
    }
    let hash = one_time::hash(cx, &tenant.id, &user.id, sent)?;
    let gate = vec![store::backup_codes::spend(&user.id, &hash, cx.now)];
    Ok(Some(Guess { method: Method::Backup, gate, tried: None, step: 0 }))
}

/// A wrong second factor: told in the log, refused to the caller.
pub(crate) async fn wrong(cx: &Cx, tenant: &Tenant, user: &User) -> Result<Error, Fault> {
    audit::write(cx, &tenant.id, Entry::failed("mfa.failed").by(&user.id)).await?;
    Ok(Refusal::WrongCode.into())
}

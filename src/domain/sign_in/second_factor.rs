//! The second factor: what comes of it when it is proved. What proves it is checked in
//! [`guess`](crate::domain::sign_in::guess).

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Changed, Letter};
use crate::domain::refusal::Error;
use crate::domain::session::channel::Channel;
use crate::domain::session::one_mailbox;
use crate::domain::session::recency::{self, Lasting};
use crate::domain::session::sessions::{NewSession, Upgrade};
use crate::domain::sign_in::challenges::PendingChallenge;
use crate::domain::sign_in::guess::{self, Guess, Proof};
use crate::domain::sign_in::signed_in::SignedIn;
use crate::domain::sign_in::{app_secrets, one_time, organisation, trusted_devices};
use crate::domain::tenants::{ResolvedTenant, Tenant};
use crate::model::factor::{self, Method, has_two};
use crate::model::state::{ChallengePurpose, Mfa};
use crate::ports::Fault;
use crate::store;
use crate::store::authenticators::Authenticator;
use crate::store::users::User;

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
    if waiting.purpose == ChallengePurpose::SignIn {
        let provider_id = waiting.row.identity.as_ref().map(|identity| identity.provider_id.as_str());
        organisation::check_waiting(cx, &waiting.tenant, &waiting.user, provider_id).await?;
    }
    let guess = guess::check_proof(cx, resolved, waiting, proof).await?;
    let done = end_challenge(cx, waiting, channel, &guess, trust).await?;
    guess.settle(cx, &waiting.tenant, &waiting.user, done).await
}

/// Ends a challenge with a second factor that was right: in a session, or in more of it. `None` if something was spent
/// meanwhile.
async fn end_challenge(
    cx: &Cx,
    waiting: &PendingChallenge,
    channel: Channel<'_>,
    guess: &Guess,
    trust: bool,
) -> Result<Option<SignedIn>, Error> {
    let PendingChallenge { purpose, tenant, user, row, .. } = waiting;
    let (enrols, method) = (waiting.enrols(), guess.method());
    let adds_nothing = one_mailbox::adds_nothing(user, &row.amr, method);
    let amr = factor::joined(&row.amr, method, adds_nothing);
    let backup_codes = if enrols { one_time::backup_codes(cx) } else { Vec::new() };
    let mut device = None;
    let session_secret = match purpose {
        ChallengePurpose::SignIn => {
            let new = NewSession::new(cx, tenant, user, amr.clone()).of_identity(row.identity.as_ref());
            let mut change = new.change();
            take_challenge(cx, &mut change, waiting, guess, &amr, &backup_codes).await?;
            if enrols {
                let entry = Entry::ok("mfa.enrolled").by(&user.id).on(&user.id).saying(method.name());
                change.log(&tenant.id, entry);
            }
            // A browser is trusted in the place of a second factor, and so for a user who proved it.
            if trust && channel.is_browser() && has_two(&amr) {
                device = trusted_devices::trust(cx, &mut change, tenant, user);
            }
            new.begin(change, None, channel).await?
        }
        ChallengePurpose::StepUp | ChallengePurpose::Enrol => {
            let session_id = row.session_id.as_deref().unwrap_or_default();
            let event = if enrols { "mfa.enrolled" } else { "mfa.succeeded" };
            let entry = Entry::ok(event).by(&user.id).on(session_id).saying(method.name());
            let mut change = Change::new(cx, &tenant.id, entry);
            take_challenge(cx, &mut change, waiting, guess, &amr, &backup_codes).await?;
            let upgrade = Upgrade { tenant, user, session_id, amr: &amr, proves: !enrols };
            upgrade.write(cx, change, channel).await?
        }
    };
    let (tenant, user) = (tenant.clone(), user.clone());
    Ok(session_secret.map(|session_secret| SignedIn { tenant, user, session_secret, backup_codes, device }))
}

/// Takes a challenge with what proved it, and does what follows from that.
async fn take_challenge(
    cx: &Cx,
    change: &mut Change<'_>,
    waiting: &PendingChallenge,
    guess: &Guess,
    amr: &[String],
    backup_codes: &[String],
) -> Result<(), Error> {
    let PendingChallenge { tenant, user, row, .. } = waiting;
    use_factor(cx, change, tenant, user, guess, amr, None).await?;
    if !guess.takes_challenge() {
        change.take(store::challenges::take(&row.hash, cx.now));
    }
    if waiting.enrols() {
        enrol(cx, change, waiting, guess, backup_codes)?;
        change.tell(mailing::write(cx, tenant, user, Letter::Changed(Changed::SecondFactorOn)).await?);
    }
    Ok(())
}

/// Uses a second factor that was right, in the change that begins a session or proves more in one: it is spent, and the
/// user hears of a backup code that was used. `amr` is all that is proved then, and `password_hash` that of a password
/// which was sent along.
pub(crate) async fn use_factor(
    cx: &Cx,
    change: &mut Change<'_>,
    tenant: &Tenant,
    user: &User,
    guess: &Guess,
    amr: &[String],
    password_hash: Option<&str>,
) -> Result<(), Error> {
    guess.spend(cx, change, user, password_hash);
    // A password that was set by mail is its owner's own knowledge once it was used together with another factor.
    if user.password_by_mail && has_two(amr) && amr.iter().any(|one| one == factor::PASSWORD) {
        change.then(store::users::confirm_password(&user.id));
    }
    if guess.method() == Method::Backup {
        change.tell(mailing::write(cx, tenant, user, Letter::Changed(Changed::BackupCodeUsed)).await?);
    }
    Ok(())
}

/// Gives a user the factor that was just proved, and a set of backup codes.
fn enrol(
    cx: &Cx,
    change: &mut Change<'_>,
    waiting: &PendingChallenge,
    guess: &Guess,
    backup_codes: &[String],
) -> Result<(), Error> {
    let PendingChallenge { tenant, user, .. } = waiting;
    match (waiting.app_secret(cx)?, guess.step_of_new_app()) {
        (Some(secret), Some(last_step)) => {
            let row = app_secrets::of_user(&user.id);
            let sealed_secret = app_secrets::seal(cx, &tenant.id, &row, &secret)?;
            let app = Authenticator { sealed_secret, last_step };
            change
                .then(store::users::set_mfa(&user.id, Mfa::Totp))
                .then(store::authenticators::put(&user.id, &tenant.id, &app, cx.now));
        }
        _ => {
            change
                .then(store::users::set_mfa(&user.id, Mfa::Email))
                .then(store::authenticators::delete(&user.id));
        }
    }
    replace_backup_codes(cx, change, tenant, user, backup_codes)?;
    // Whoever began to enrol or sign in before knew nothing of this factor.
    change.then(store::challenges::end_all(&user.id, cx.now));
    Ok(())
}

/// Puts these backup codes in the place of the ones before.
pub(crate) fn replace_backup_codes(
    cx: &Cx,
    change: &mut Change<'_>,
    tenant: &Tenant,
    user: &User,
    codes: &[String],
) -> Result<(), Fault> {
    let hash = |code: &String| one_time::hash(cx, &tenant.id, &user.id, code);
    let hashes = codes.iter().map(hash).collect::<Result<Vec<_>, _>>()?;
    change.then_all(store::backup_codes::replace(&user.id, &hashes));
    Ok(())
}

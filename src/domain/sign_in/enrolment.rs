//! What users change of their own second factors. Enrolment itself is a
//! challenge: see [`challenges::for_enrolment`].

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::mailing::{self, Changed};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::OwnSession;
use crate::domain::session::standing::needs_second_factor;
use crate::domain::sign_in::second_factor::{self, Guess};
use crate::domain::sign_in::{challenges, one_time, proof_reset};
use crate::domain::tenants::{MfaPolicy, Tenant};
use crate::domain::throttle;
use crate::model::state::{ChallengePurpose, Mfa};
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::users::User;

/// How a user stands with second factors.
pub(crate) struct Standing {
    /// Whether sign-ins take one.
    pub(crate) enabled: bool,
    /// The account's method.
    pub(crate) method: Mfa,
    /// How many backup codes are left.
    pub(crate) backup_codes: i64,
    /// Whether the tenant requires a second factor of every user.
    pub(crate) required: bool,
}

/// How the user of a session stands with second factors.
pub(crate) async fn standing(cx: &Cx, session: &OwnSession) -> Result<Standing, Fault> {
    let (tenant, user) = (&session.tenant, &session.user);
    let factors = store::factors::of(cx.db.as_ref(), &user.id, None, cx.now).await?;
    Ok(Standing {
        enabled: factors.any(user) && needs_second_factor(tenant, user),
        method: user.mfa,
        backup_codes: factors.backup_codes,
        required: tenant.settings.mfa == MfaPolicy::Required,
    })
}

/// Removes a user's second factor, with a code of it.
///
/// # Errors
/// [`Refusal::WrongCode`], [`Refusal::Limited`]; [`Refusal::Forbidden`] where the tenant requires one.
pub(crate) async fn disable(cx: &Cx, session: &OwnSession, code: &str) -> Result<(), Error> {
    if session.tenant.settings.mfa == MfaPolicy::Required {
        return Err(Refusal::Forbidden.into());
    }
    let change = |_: &Tenant, user: &User, mark: &str| {
        let mut all = vec![
            store::authenticators::delete(&user.id, mark),
            store::users::set_mfa(&user.id, Mfa::None, mark),
        ];
        all.extend(store::backup_codes::replace(&user.id, &[], mark));
        all.extend(proof_reset::forget_if_written(&user.id, cx.now, mark));
        Ok(all)
    };
    with_code(cx, session, code, "mfa.disabled", Changed::SecondFactorOff, change).await
}

/// A fresh set of backup codes, with a code of the second factor. The former codes stop working.
///
/// # Errors
/// [`Refusal::WrongCode`], [`Refusal::Limited`]; [`Refusal::Forbidden`] for who has no second factor.
pub(crate) async fn new_backup_codes(
    cx: &Cx,
    session: &OwnSession,
    code: &str,
) -> Result<Vec<String>, Error> {
    let codes = one_time::backup_codes(cx);
    let change = |tenant: &Tenant, user: &User, mark: &str| {
        Ok(second_factor::replaced(cx, tenant, user, &codes, mark)?.to_vec())
    };
    with_code(cx, session, code, "mfa.backup_codes", Changed::BackupCodes, change).await?;
    Ok(codes)
}

/// How many backup codes a user has left.
///
/// # Errors
/// As [`challenges::for_session`].
pub(crate) async fn backup_codes_left(cx: &Cx, session: &OwnSession) -> Result<i64, Error> {
    let (_, _, factors) = challenges::own(cx, session).await?;
    Ok(factors.backup_codes)
}

/// Changes a user's second factors with a code of one of them: of the app, a backup code, or the one that was
/// mailed when the session was asked for its second factor.
async fn with_code(
    cx: &Cx,
    session: &OwnSession,
    code: &str,
    event: &'static str,
    changed: Changed,
    change: impl FnOnce(&Tenant, &User, &str) -> Result<Vec<Stmt>, Error>,
) -> Result<(), Error> {
    let (tenant, user, factors) = challenges::own(cx, session).await?;
    if user.mfa == Mfa::None {
        return Err(Refusal::Forbidden.into());
    }
    let waiting = match user.mfa {
        Mfa::Email => {
            let step_up = ChallengePurpose::StepUp;
            store::challenges::of_session(cx.db.as_ref(), session.id(), step_up, cx.now).await?
        }
        Mfa::None | Mfa::Totp => None,
    };
    let mailed = waiting.as_ref().map(|found| &found.challenge);
    let tried = throttle::second_factor(cx, &tenant.id, &tenant.settings_for(&user), &user.id, None).await?;
    let Guess { gate, .. } = second_factor::check_code(cx, &tenant, &user, &factors, mailed, code).await?;
    let mark = audit::mark(cx, &tenant.id, Entry::ok(event).by(&user.id).on(&user.id));
    let at = gate.len();
    let mut batch = store::chained(gate);
    let mut letter = mailing::notice(cx, &tenant, &user, changed, &mark.id).await?;
    let effects = change(&tenant, &user, &mark.id)?;
    batch.push(mark.stmt);
    batch.extend(effects);
    batch.append(&mut letter.stmts);
    let answers = cx.db.run(batch).await?;
    if answers.get(at).is_none_or(Vec::is_empty) {
        return Err(second_factor::wrong(cx, &tenant, &user).await?);
    }
    if let Some(tried) = tried {
        tried.right(cx);
    }
    cx.memory.forget_user(&user.id);
    mailing::dispatch(cx, letter).await;
    Ok(())
}

//! What users change of their own second factors. Enrolment itself is a challenge: see
//! [`challenges::for_enrolment`].

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::challenges;
use crate::domain::mailing::{self, Changed};
use crate::domain::one_time;
use crate::domain::principal::Session;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::second_factor::{self, Guess};
use crate::domain::tenants::{MfaPolicy, Tenant};
use crate::ports::Stmt;
use crate::store;
use crate::store::users::User;

/// Removes a user's second factor, with a code of it.
///
/// # Errors
/// [`Refusal::WrongCode`], [`Refusal::Limited`]; [`Refusal::Forbidden`] where the tenant requires one.
pub async fn disable(cx: &Cx, session: &Session, code: &str) -> Result<(), Error> {
    if session.tenant.settings.mfa == MfaPolicy::Required {
        return Err(Refusal::Forbidden.into());
    }
    let change = |_: &Tenant, user: &User, mark: &str| {
        let mut all = vec![
            store::authenticators::delete(&user.id, mark),
            store::users::set_mfa(&user.id, "none", mark),
        ];
        all.extend(store::backup_codes::replace(&user.id, &[], mark));
        all.extend(challenges::forget_if_written(&user.id, cx.now, mark));
        Ok(all)
    };
    with_code(cx, session, code, "mfa.disabled", Changed::SecondFactorOff, change).await
}

/// A fresh set of backup codes, with a code of the second factor. The ones before are good no more.
///
/// # Errors
/// [`Refusal::WrongCode`], [`Refusal::Limited`]; [`Refusal::Forbidden`] for who has no second factor.
pub async fn new_backup_codes(cx: &Cx, session: &Session, code: &str) -> Result<Vec<String>, Error> {
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
pub async fn backup_codes_left(cx: &Cx, session: &Session) -> Result<i64, Error> {
    let (_, _, factors) = challenges::own(cx, session).await?;
    Ok(factors.backup_codes)
}

/// Changes a user's second factors with a code of one of them: of the app, a backup code, or the one that was
/// mailed when the session was asked for its second factor.
async fn with_code(
    cx: &Cx,
    session: &Session,
    code: &str,
    event: &'static str,
    changed: Changed,
    change: impl FnOnce(&Tenant, &User, &str) -> Result<Vec<Stmt>, Error>,
) -> Result<(), Error> {
    let (tenant, user, factors) = challenges::own(cx, session).await?;
    if user.mfa == "none" {
        return Err(Refusal::Forbidden.into());
    }
    let waiting = match user.mfa.as_str() {
        "email" => store::challenges::of_session(cx.db.as_ref(), session.id(), "step-up", cx.now).await?,
        _ => None,
    };
    let mailed = waiting.as_ref().map(|found| &found.challenge);
    let guess = second_factor::guess(cx, &tenant, &user, &factors, mailed, code).await?;
    let Guess { gate, tried, .. } = guess;
    let mark = audit::mark(cx, &tenant.id, Entry::ok(event).by(&user.id).on(&user.id));
    let at = gate.len();
    let mut batch = gate;
    let mut letter = second_factor::note(cx, &tenant, &user, changed, &mark.id).await?;
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
    cx.cache.forget_user(&user.id);
    mailing::dispatch(cx, letter).await;
    Ok(())
}

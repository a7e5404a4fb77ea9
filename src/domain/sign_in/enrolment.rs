//! What users change of their own second factors. Enrolment itself is a
//! challenge: see [`challenges::for_enrolment`].

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Changed, Letter};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::OwnSession;
use crate::domain::session::standing::needs_second_factor;
use crate::domain::sign_in::{challenges, guess, one_time, proof_reset, second_factor};
use crate::domain::tenants::{MfaPolicy, Tenant};
use crate::domain::throttle;
use crate::memo::Invalidation;
use crate::model::state::{ChallengePurpose, Mfa};
use crate::ports::Fault;
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
    let effects = |change: &mut Change<'_>, _: &Tenant, user: &User| {
        change
            .then(store::users::set_mfa(&user.id, Mfa::None))
            .then(store::authenticators::delete(&user.id))
            .then_all(store::backup_codes::replace(&user.id, &[]));
        proof_reset::forget(change, &user.id, cx.now);
        Ok(())
    };
    with_code(cx, session, code, "mfa.disabled", Changed::SecondFactorOff, effects).await
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
    let effects = |change: &mut Change<'_>, tenant: &Tenant, user: &User| {
        second_factor::replace_backup_codes(cx, change, tenant, user, &codes)
    };
    with_code(cx, session, code, "mfa.backup_codes", Changed::BackupCodes, effects).await?;
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
    effects: impl FnOnce(&mut Change<'_>, &Tenant, &User) -> Result<(), Fault>,
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
    let settings = tenant.settings_for(&user);
    let attempt = throttle::second_factor(cx, &tenant.id, &settings, &user.id, None).await?;
    let guess = guess::check_code(cx, &tenant, &user, &factors, mailed, code, attempt).await?;
    let mut change = Change::new(cx, &tenant.id, Entry::ok(event).by(&user.id).on(&user.id));
    guess.spend(cx, &mut change, &user, None);
    effects(&mut change, &tenant, &user)?;
    change
        .tell(mailing::write(cx, &tenant, &user, Letter::Changed(changed)).await?)
        .invalidates(Invalidation::User(&user.id));
    let done = change.commit().await?;
    guess.settle(cx, &tenant, &user, done).await.map(drop)
}

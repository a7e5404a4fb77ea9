//! Sign-in: the one walk that every surface and the hosted pages take. Identify, prove a first factor, prove a
//! second one where it is needed, and only then a session.

use std::borrow::Cow;

use futures_util::future::join;

use crate::crypto::password::{self, Check};
use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::people;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::session::one_mailbox;
use crate::domain::session::sessions::NewSession;
use crate::domain::session::standing::needs_second_factor;
use crate::domain::sign_in::challenges::{self, PendingChallenge};
use crate::domain::sign_in::first_factor::{FirstFactor, FirstProof};
use crate::domain::sign_in::guess::{self, Proof};
use crate::domain::sign_in::organisation;
use crate::domain::sign_in::second_factor;
use crate::domain::sign_in::signed_in::SignedIn;
use crate::domain::tenants::{self, MfaPolicy, ResolvedTenant, Tenant};
use crate::domain::throttle::{self, CountedAttempt};
use crate::memo::Invalidation;
use crate::model::email::Email;
use crate::model::factor::{self, has_two};
use crate::model::state::{Mfa, UserStatus};
use crate::store;
use crate::store::factors::Factors;
use crate::store::users::User;

/// An address and a password, as they were sent.
pub struct Attempt<'a> {
    /// The address.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
}

/// Where a sign-in stands.
#[derive(Debug)]
pub enum Step {
    /// At its end.
    SignedIn(Box<SignedIn>),
    /// Before the second factor.
    Second(Box<PendingChallenge>),
}

/// Refuses a user whose address must be confirmed first.
///
/// # Errors
/// [`Refusal::EmailUnverified`].
pub(crate) async fn require_verified_email(cx: &Cx, tenant: &Tenant, user: &User) -> Result<(), Error> {
    if tenant.settings_for(user).require_verified_email && !user.email_verified {
        audit::write(cx, &tenant.id, Entry::failed("login.unverified").by(&user.id)).await?;
        return Err(Refusal::EmailUnverified.into());
    }
    Ok(())
}

/// Signs in with a password, as far as that goes.
///
/// # Errors
/// [`Refusal::WrongPassword`] whatever of the pair is wrong, [`Refusal::EmailUnverified`] only to a user who
/// knows the password, [`Refusal::Limited`]; as [`organisation::check_address`].
pub async fn with_password(
    cx: &Cx,
    resolved: &ResolvedTenant,
    attempt: Attempt<'_>,
    channel: Channel<'_>,
) -> Result<Step, Error> {
    check_domain(cx, resolved, &attempt).await?;
    let looked_up = look_up(cx, resolved, &attempt, channel).await?;
    let checked = check_password(attempt.password, looked_up);
    let proved = prove(cx, resolved, attempt.password, checked).await?;
    continue_with(cx, proved, channel).await
}

/// Signs in with a password and a code in one go.
///
/// # Errors
/// As [`with_password`]; [`Refusal::WrongCode`] for a user who has no second factor, too.
pub(crate) async fn with_password_and_code(
    cx: &Cx,
    resolved: &ResolvedTenant,
    attempt: Attempt<'_>,
    code: &str,
) -> Result<SignedIn, Error> {
    check_domain(cx, resolved, &attempt).await?;
    let looked_up = look_up(cx, resolved, &attempt, Channel::Api).await?;
    // A second factor that is locked out is told before anything is hashed; a code is counted before it is looked at.
    let code_attempt = match count_code(cx, resolved, &looked_up).await {
        Ok(counted) => counted,
        Err(locked) => {
            looked_up.attempt.give_back(cx);
            return Err(locked);
        }
    };
    let checked = check_password(attempt.password, looked_up);
    if checked.is_wrong() {
        let wrong = prove(cx, resolved, attempt.password, checked);
        let (wrong, ()) = join(wrong, code_attempt.give_back_at_once(cx)).await;
        return Err(wrong.err().unwrap_or_else(|| Refusal::WrongPassword.into()));
    }
    let proved = match prove(cx, resolved, attempt.password, checked).await {
        Ok(proved) => proved,
        Err(refused) => {
            code_attempt.give_back_at_once(cx).await;
            return Err(refused);
        }
    };
    organisation::check_proof(cx, &proved).await?;
    let FirstFactor { tenant, user, amr, proof, factors } = proved;
    let factors = factors.unwrap_or_default();
    let amr: Vec<String> = amr.into_iter().map(str::to_owned).collect();
    let guess = guess::check_code(cx, &tenant, &user, &factors, None, code, code_attempt).await?;
    let amr = factor::joined(&amr, guess.method(), false);
    let new = NewSession::new(cx, &tenant, &user, amr.clone());
    let mut change = new.change();
    let password_hash = proof.password_hash();
    proof.spend(&mut change, &user, cx.now);
    second_factor::use_factor(cx, &mut change, &tenant, &user, &guess, &amr, password_hash).await?;
    let begun = new.begin(change, password_hash, Channel::Api).await?;
    let session_secret = guess.settle(cx, &tenant, &user, begun).await?;
    Ok(SignedIn { tenant, user, session_secret, backup_codes: Vec::new(), device: None })
}

/// Goes on for a user whose first factor is proved: to a session, or to the second factor.
///
/// # Errors
/// [`Refusal::WrongPassword`] if what proved it was spent meanwhile, or the user disabled or deleted; as
/// [`organisation::check_proof`].
pub async fn continue_with(cx: &Cx, proved: FirstFactor, channel: Channel<'_>) -> Result<Step, Error> {
    let mut proved = proved;
    let bypasses = organisation::check_proof(cx, &proved).await?;
    let (mut trusted, mut lapses) = (None, false);
    // Whoever has the operator's session has the whole deployment, and an administrator says which providers there are.
    let is_operators_identity = proved.user.operator && proved.proof.identity().is_some();
    if is_operators_identity && !needs_second_factor(&proved.tenant, &proved.user) {
        return Err(Refusal::MfaRequired.into());
    }
    if needs_second_factor(&proved.tenant, &proved.user) && !has_two(&proved.amr) {
        let device = device_hash(channel);
        let user_id = &proved.user.id;
        let factors = match proved.factors.take() {
            Some(factors) => factors,
            None => store::factors::of(cx.db.as_ref(), user_id, device.as_deref(), cx.now).await?,
        };
        let days = proved.tenant.settings_for(&proved.user).trusted_device_days;
        let until = factors.trusted_since.map(|since| since.plus(days.saturating_mul(86_400)));
        let nothing_left = proved.tenant.settings.mfa == MfaPolicy::Off && {
            let amr: Vec<String> = proved.amr.iter().map(|one| (*one).to_owned()).collect();
            one_mailbox::methods(&proved.tenant, &proved.user, &factors, &amr).is_empty()
        };
        if is_operators_identity && !factors.any(&proved.user) {
            return Err(Refusal::MfaRequired.into());
        }
        match device.filter(|_| until.is_some_and(|until| cx.now < until)) {
            // Nobody sets one up here: there is the mailbox alone, or what an administrator asked for was never set up.
            None if nothing_left && proved.user.mfa == Mfa::Email => proved.amr.push(factor::ONE_MAILBOX),
            None if nothing_left => lapses = true,
            Some(device) => {
                trusted = Some(device);
                proved.amr.push(factor::TRUSTED_DEVICE);
            }
            None => {
                let waiting = challenges::for_sign_in(cx, proved, &factors, channel).await?;
                return Ok(Step::Second(Box::new(waiting)));
            }
        }
    }
    let FirstFactor { tenant, user, amr, proof, .. } = proved;
    let amr = amr.into_iter().map(str::to_owned).collect();
    let new = NewSession::new(cx, &tenant, &user, amr).of_identity(proof.identity());
    let mut change = new.change();
    proof.spend(&mut change, &user, cx.now);
    if bypasses {
        change.log(&tenant.id, Entry::ok(organisation::BYPASSED).by(&user.id).on(&user.id));
    }
    change.then_all(trusted.map(|device| store::trusted_devices::seen(&device, cx.now)));
    if lapses {
        change.then(store::users::set_mfa(&user.id, Mfa::None)).invalidates(Invalidation::User(&user.id));
    }
    let begun = new.begin(change, proof.password_hash(), channel).await?;
    let session_secret = begun.ok_or(Refusal::WrongPassword)?;
    let signed_in = SignedIn { tenant, user, session_secret, backup_codes: Vec::new(), device: None };
    Ok(Step::SignedIn(Box::new(signed_in)))
}

/// Completes what waits under a secret, with a second factor.
///
/// # Errors
/// [`Refusal::ChallengeOver`], [`Refusal::WrongCode`], [`Refusal::WrongPassword`], [`Refusal::Limited`].
pub async fn complete(
    cx: &Cx,
    resolved: &ResolvedTenant,
    secret: &str,
    channel: Channel<'_>,
    proof: Proof<'_>,
    trust: bool,
) -> Result<SignedIn, Error> {
    let waiting = challenges::find(cx, resolved, secret, channel).await?;
    second_factor::complete(cx, resolved, &waiting, channel, proof, trust).await
}

/// Refuses a domain that is enforced, by the address as it was sent: before anything is counted, looked up or hashed.
async fn check_domain(cx: &Cx, resolved: &ResolvedTenant, attempt: &Attempt<'_>) -> Result<(), Error> {
    match Email::parse(attempt.email) {
        Some(email) => organisation::check_address(cx, resolved, &email).await,
        None => Ok(()),
    }
}

/// The hash of the cookie that makes a browser a trusted one.
fn device_hash(channel: Channel<'_>) -> Option<String> {
    match channel {
        Channel::Browser { device, .. } => device.map(stored),
        Channel::Api => None,
    }
}

/// A password attempt that was counted, and whose it is.
struct LookedUp {
    /// As its limits and the log name it.
    account: String,
    attempt: CountedAttempt,
    /// The user, and what they have beside the password.
    user: Option<(User, Factors)>,
}

/// Counts a password attempt before anything is hashed, and meanwhile looks up whose it is.
async fn look_up(
    cx: &Cx,
    resolved: &ResolvedTenant,
    attempt: &Attempt<'_>,
    channel: Channel<'_>,
) -> Result<LookedUp, Error> {
    let Tenant { id, directory, .. } = resolved.tenant.as_ref();
    // What can be no account's address is nobody's: refused like a wrong password, at the same cost.
    let email = Email::parse(attempt.email);
    let account = email.as_ref().map_or("-", Email::key);
    let device = device_hash(channel);
    let user = async {
        match &email {
            Some(email) => Ok(people::by_email_with_factors(cx, resolved, email, device.as_deref()).await?),
            None => Ok(None),
        }
    };
    let (attempt, user) = throttle::login_attempt(cx, id, directory, account, user).await?;
    Ok(LookedUp { account: account.to_owned(), attempt, user })
}

/// Counts a code of that user. For nobody the same is done, so that the time does not tell.
async fn count_code(
    cx: &Cx,
    resolved: &ResolvedTenant,
    looked_up: &LookedUp,
) -> Result<CountedAttempt, Error> {
    let user = looked_up.user.as_ref().map(|(user, _)| user);
    let (tenant, id) = match user {
        Some(user) => (tenants::by_id(cx, &user.tenant_id).await?, &user.id),
        None => (None, &looked_up.account),
    };
    let tenant = tenant.unwrap_or_else(|| resolved.tenant.clone());
    let settings = user.map_or(Cow::Borrowed(&tenant.settings), |user| tenant.settings_for(user));
    throttle::second_factor(cx, &tenant.id, &settings, id, None).await
}

/// A password attempt whose password was looked at.
struct Checked {
    looked_up: LookedUp,
    check: Check,
}

impl Checked {
    /// Whether it proves nothing: nobody's, not the password, or of a user who may not sign in.
    fn is_wrong(&self) -> bool {
        let active = |(user, _): &(User, Factors)| user.status == UserStatus::Active;
        self.check == Check::Wrong || !self.looked_up.user.as_ref().is_some_and(active)
    }
}

/// Looks at a password; for nobody, a decoy takes as long.
fn check_password(sent: &str, looked_up: LookedUp) -> Checked {
    let hash = looked_up.user.as_ref().and_then(|(user, _)| user.password_hash.as_deref());
    let check = match hash {
        Some(hash) => password::check(sent, hash),
        None => {
            password::decoy(sent);
            Check::Wrong
        }
    };
    Checked { looked_up, check }
}

/// What a password proved, which the counters are told.
async fn prove(
    cx: &Cx,
    resolved: &ResolvedTenant,
    sent: &str,
    checked: Checked,
) -> Result<FirstFactor, Error> {
    let is_wrong = checked.is_wrong();
    let Checked { looked_up: LookedUp { account, attempt, user }, check } = checked;
    let (user, factors) = match user {
        Some(found) if !is_wrong => found,
        user => {
            let entry = Entry::failed("login.failed").by(&account);
            let tenant_id = user.as_ref().map_or(&resolved.tenant.id, |(user, _)| &user.tenant_id);
            attempt.was_wrong(cx, audit::write(cx, tenant_id, entry)).await?;
            return Err(Refusal::WrongPassword.into());
        }
    };
    attempt.forgive(cx);
    let tenant = tenants::by_id(cx, &user.tenant_id).await?.ok_or(Refusal::WrongPassword)?;
    require_verified_email(cx, &tenant, &user).await?;
    let hash = user.password_hash.clone().unwrap_or_default();
    let proof = match check {
        Check::RightButStale => {
            let fresh = password::hash(sent, cx.random())?;
            FirstProof::StalePassword { stale: hash, fresh }
        }
        Check::Right | Check::Wrong => FirstProof::Password(hash),
    };
    Ok(FirstFactor { tenant, user, amr: vec![factor::PASSWORD], proof, factors: Some(factors) })
}

//! What waits for a second factor: a sign-in, a session that is asked for one, an enrolment.
//!
//! Whoever holds the secret of a challenge has proved what it says so far and nothing else. A browser holds it
//! in a cookie, a program in memory; neither can use the other's.

use std::rc::Rc;

use crate::crypto::secret::{can_be_secret, stored};
use crate::crypto::totp;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Letter};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::session::one_mailbox::{self, methods};
use crate::domain::session::principal::{self, OwnSession};
use crate::domain::session::recency::Lasting;
use crate::domain::sign_in::first_factor::{FirstFactor, FirstProof};
use crate::domain::sign_in::{app_secrets, fresh_sign_in, one_time};
use crate::domain::tenants::{self, MfaPolicy, ResolvedTenant, Tenant};
use crate::domain::throttle::{self, lookups};
use crate::model::factor::{Method, has_two};
use crate::model::state::ChallengePurpose;
use crate::model::time::Time;
use crate::store;
use crate::store::challenges::{Challenge, ChallengeOfUser};
use crate::store::factors::Factors;
use crate::store::users::User;

/// The name of the cookie that a browser holds a challenge by.
pub(crate) const COOKIE: &str = "__Host-portcullis-challenge";

/// How long a challenge waits, in seconds.
pub(crate) const SECONDS: i64 = 600;

/// How many codes are mailed for one challenge.
const MOST_SENDS: i64 = 3;

/// A challenge with its user.
#[derive(Debug)]
pub struct PendingChallenge {
    /// What it is for.
    pub(crate) purpose: ChallengePurpose,
    /// The user's tenant.
    pub(crate) tenant: Rc<Tenant>,
    pub(crate) user: User,
    /// The secret that stands for it, when it is made.
    pub secret: String,
    /// What the user has.
    pub(crate) factors: Factors,
    pub(crate) row: Challenge,
    /// Whether the row is written; see [`step_up`](crate::domain::sign_in::step_up).
    pub(crate) saved: bool,
}

impl PendingChallenge {
    /// Seconds until it expires.
    pub(crate) fn expires_in(&self, cx: &Cx) -> i64 {
        self.row.expires_at.unix().saturating_sub(cx.now.unix()).max(0)
    }

    /// What can complete it, the first of which is the usual one.
    pub fn methods(&self) -> &[Method] {
        &self.row.methods
    }

    /// Whether completing it sets a factor up.
    pub(crate) fn enrols(&self) -> bool {
        self.purpose == ChallengePurpose::Enrol || self.row.sealed_secret.is_some()
    }

    /// Whether a code was mailed for it.
    pub(crate) fn was_sent(&self) -> bool {
        self.row.sends > 0
    }

    /// Whether a code can be mailed for it, the first or another one.
    pub(crate) fn can_send(&self) -> bool {
        self.methods().contains(&Method::Email) && self.row.sends < MOST_SENDS
    }

    /// When it was made.
    pub(crate) fn made_at(&self) -> Time {
        self.row.expires_at.plus(-SECONDS)
    }
}

/// What a challenge is made of.
struct New<'a> {
    purpose: ChallengePurpose,
    channel: Channel<'a>,
    session_id: Option<String>,
    amr: Vec<String>,
    /// What can complete it; with none, an authenticator app is enrolled.
    methods: Vec<Method>,
}

/// Has a sign-in wait for the second factor. Who has none enrols one first.
pub(crate) async fn for_sign_in(
    cx: &Cx,
    proved: FirstFactor,
    factors: &Factors,
    channel: Channel<'_>,
) -> Result<PendingChallenge, Error> {
    let FirstFactor { tenant, user, amr, proof, .. } = proved;
    let amr: Vec<String> = amr.into_iter().map(str::to_owned).collect();
    let methods = methods(&tenant, &user, factors, &amr);
    let new = New { purpose: ChallengePurpose::SignIn, channel, session_id: None, amr, methods };
    make(cx, tenant, user, factors.clone(), new, Some(&proof)).await
}

/// Who is asked for a second factor in a session, and what they have.
pub(crate) struct Asked {
    pub(crate) tenant: Rc<Tenant>,
    pub(crate) user: User,
    pub(crate) factors: Factors,
    /// What can complete it; with none, an authenticator app is enrolled.
    pub(crate) methods: Vec<Method>,
}

/// Whom to ask for a second factor in a session, and for which.
pub(crate) async fn ask_session(cx: &Cx, session: &OwnSession) -> Result<Asked, Error> {
    let (tenant, user, factors) = own(cx, session).await?;
    let methods = methods(&tenant, &user, &factors, &session.amr);
    if tenant.settings.mfa == MfaPolicy::Off && methods.is_empty() {
        return Err(Refusal::Forbidden.into());
    }
    Ok(Asked { tenant, user, factors, methods })
}

/// Asks a session for a second factor, and mails the code at once to a user who uses those: for a request that asks for
/// it. A page that is only looked at uses [`step_up`](crate::domain::sign_in::step_up).
///
/// # Errors
/// [`Refusal::Forbidden`] where the tenant has none; as [`fresh_sign_in::require`] for a user who has none and sets one up.
pub(crate) async fn for_session(
    cx: &Cx,
    session: &OwnSession,
    password: Option<&str>,
    channel: Channel<'_>,
) -> Result<PendingChallenge, Error> {
    let Asked { tenant, user, factors, methods } = ask_session(cx, session).await?;
    if methods.is_empty() {
        fresh_sign_in::require(cx, session, Lasting::Factor, password).await?;
    }
    let amr = session.amr.clone();
    let new = New {
        purpose: ChallengePurpose::StepUp,
        channel,
        session_id: session.session_id.clone(),
        amr,
        methods,
    };
    make(cx, tenant, user, factors, new, None).await
}

/// Begins the enrolment of a factor in a session: an authenticator app, or codes by mail.
///
/// # Errors
/// As [`for_session`]; [`Refusal::MfaRequired`] for a user who has a second factor already and has not proved it
/// in this session; as [`fresh_sign_in::require`].
pub(crate) async fn for_enrolment(
    cx: &Cx,
    session: &OwnSession,
    method: Method,
    password: Option<&str>,
    channel: Channel<'_>,
) -> Result<PendingChallenge, Error> {
    let (tenant, user, factors) = own(cx, session).await?;
    if tenant.settings.mfa == MfaPolicy::Off {
        return Err(Refusal::Forbidden.into());
    }
    if !one_mailbox::is_all(&user, &factors, &session.amr) {
        second_factor_proved(session, &user, &factors)?;
    }
    fresh_sign_in::require(cx, session, Lasting::Factor, password).await?;
    let amr = session.amr.clone();
    let methods = if method == Method::Email { vec![Method::Email] } else { Vec::new() };
    let new = New {
        purpose: ChallengePurpose::Enrol,
        channel,
        session_id: session.session_id.clone(),
        amr,
        methods,
    };
    make(cx, tenant, user, factors, new, None).await
}

/// Whether a session may change second factors: it has proved one, if there is one.
///
/// # Errors
/// [`Refusal::MfaRequired`].
pub(crate) fn second_factor_proved(
    session: &OwnSession,
    user: &User,
    factors: &Factors,
) -> Result<(), Refusal> {
    if factors.any(user) && !has_two(&session.amr) { Err(Refusal::MfaRequired) } else { Ok(()) }
}

/// The user of a session as they are now, where the tenant has second factors or the user does.
pub(crate) async fn own(cx: &Cx, session: &OwnSession) -> Result<(Rc<Tenant>, User, Factors), Error> {
    let id = &session.user.id;
    let found = store::factors::by_id(cx.db.as_ref(), &session.tenant.id, id, cx.now).await?;
    let (user, factors) = found.ok_or(Refusal::BadCredential)?;
    if session.tenant.settings.mfa == MfaPolicy::Off && !factors.any(&user) {
        return Err(Refusal::Forbidden.into());
    }
    Ok((session.tenant.clone(), user, factors))
}

async fn make(
    cx: &Cx,
    tenant: Rc<Tenant>,
    user: User,
    factors: Factors,
    new: New<'_>,
    proof: Option<&FirstProof>,
) -> Result<PendingChallenge, Error> {
    let New { purpose, channel, session_id, amr, mut methods } = new;
    let (secret, id) = (cx.secret(), cx.id());
    let mut sealed_secret = None;
    if methods.is_empty() {
        methods.push(Method::Totp);
        let app = cx.random::<{ totp::SECRET_BYTES }>();
        sealed_secret = Some(app_secrets::seal(cx, &tenant.id, &app_secrets::pending(&id), &app)?);
    }
    let mut row = Challenge {
        hash: stored(&secret),
        id,
        tenant_id: tenant.id.clone(),
        user_id: user.id.clone(),
        purpose,
        browser: channel.is_browser(),
        session_id,
        amr,
        methods,
        code_hash: None,
        sends: 0,
        sealed_secret,
        expires_at: cx.now.plus(SECONDS),
        identity: proof.and_then(FirstProof::identity).cloned(),
    };
    // Who uses codes by mail gets one at once, if there may be another mail.
    let mut letter = None;
    let first = row.methods.first() == Some(&Method::Email);
    if first && throttle::mail(cx, &tenant.directory, &user.email_key, "code").await? {
        let code = one_time::digits(cx);
        row.code_hash = Some(one_time::hash(cx, &tenant.id, &row.id, &code)?);
        row.sends = 1;
        letter = Some(mailing::write(cx, &tenant, &user, Letter::Code { code: &code }).await?);
    }
    let entry = Entry::ok("mfa.challenged").by(&user.id).on(&row.id).saying(purpose.as_str());
    let mut change = Change::new(cx, &tenant.id, entry);
    if let Some(proof) = proof {
        proof.spend(&mut change, &user, cx.now);
    }
    let code_until = Some(row.expires_at).filter(|_| row.sends > 0);
    let password_hash = proof.and_then(FirstProof::password_hash);
    change.take(store::challenges::insert(&row, code_until, password_hash, cx.now));
    if let Some(letter) = letter {
        change.tell(letter);
    }
    if change.commit().await?.is_none() {
        // What proved the first factor is no longer valid.
        let refusal = if proof.is_some() { Refusal::WrongPassword } else { Refusal::ChallengeOver };
        return Err(refusal.into());
    }
    Ok(PendingChallenge { purpose, tenant, user, secret, factors, row, saved: true })
}

/// What waits under a secret that this channel has.
///
/// # Errors
/// [`Refusal::ChallengeOver`] if nothing does, or for a user of a tenant that the request is not for.
pub(crate) async fn find(
    cx: &Cx,
    resolved: &ResolvedTenant,
    secret: &str,
    channel: Channel<'_>,
) -> Result<PendingChallenge, Error> {
    if !can_be_secret(secret) {
        return Err(Refusal::ChallengeOver.into());
    }
    let found = store::challenges::find(cx.db.as_ref(), &stored(secret), cx.now).await?;
    load(cx, resolved, found, channel).await
}

/// The enrolment that a session began last.
///
/// # Errors
/// As [`find`].
pub(crate) async fn enrolment_of(
    cx: &Cx,
    resolved: &ResolvedTenant,
    session: &OwnSession,
) -> Result<PendingChallenge, Error> {
    let found =
        store::challenges::of_session(cx.db.as_ref(), session.id(), ChallengePurpose::Enrol, cx.now).await?;
    load(cx, resolved, found, Channel::Api).await
}

async fn load(
    cx: &Cx,
    resolved: &ResolvedTenant,
    found: Option<ChallengeOfUser>,
    channel: Channel<'_>,
) -> Result<PendingChallenge, Error> {
    let Some(found) = found else {
        lookups::note_unknown(cx);
        return Err(Refusal::ChallengeOver.into());
    };
    read(cx, resolved, found, channel).await
}

/// The same of one that is there.
pub(crate) async fn read(
    cx: &Cx,
    resolved: &ResolvedTenant,
    found: ChallengeOfUser,
    channel: Channel<'_>,
) -> Result<PendingChallenge, Error> {
    let ChallengeOfUser { challenge: row, user, factors } = found;
    if row.browser != channel.is_browser() {
        return Err(Refusal::ChallengeOver.into());
    }
    let tenant = tenants::by_id(cx, &row.tenant_id).await?.ok_or(Refusal::ChallengeOver)?;
    principal::of_tenant(resolved, &tenant).map_err(|_| Refusal::ChallengeOver)?;
    Ok(PendingChallenge {
        purpose: row.purpose,
        tenant,
        user,
        secret: String::new(),
        factors,
        row,
        saved: true,
    })
}

/// Mails another code for a challenge; the one before is no longer valid.
///
/// # Errors
/// [`Refusal::ChallengeOver`] for a challenge that takes none, and when too many were mailed for it;
/// [`Refusal::Limited`] when too many were mailed to the address.
pub(crate) async fn send_code(cx: &Cx, waiting: &PendingChallenge) -> Result<(), Error> {
    let PendingChallenge { tenant, user, row, .. } = waiting;
    if !waiting.can_send() {
        return Err(Refusal::ChallengeOver.into());
    }
    throttle::mail_or_wait(cx, &tenant.directory, &user.email_key, "code").await?;
    let code = one_time::digits(cx);
    let hash = one_time::hash(cx, &tenant.id, &row.id, &code)?;
    let mut change = Change::new(cx, &tenant.id, Entry::ok("mfa.code_sent").by(&user.id).on(&row.id));
    change
        .take(store::challenges::set_code(&row.hash, &hash, row.expires_at, MOST_SENDS, cx.now))
        .tell(mailing::write(cx, tenant, user, Letter::Code { code: &code }).await?);
    if change.commit().await?.is_none() {
        return Err(Refusal::ChallengeOver.into());
    }
    Ok(())
}

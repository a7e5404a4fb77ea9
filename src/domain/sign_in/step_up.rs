//! A page that asks a session for its second factor. Browsers load pages again, ahead of time and for previews, so
//! looking at it stores nothing and mails nothing: what the page hands out, in the cookie, is a challenge in sealed form.
//! Its row is written when the person sends a form with it, and a code is mailed when they ask for one.

use crate::crypto::secret::{can_be_sealed, stored};
use crate::crypto::totp;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::session::principal::OwnSession;
use crate::domain::session::recency::{self, Lasting};
use crate::domain::sign_in::app_secrets;
use crate::domain::sign_in::challenges::{self, Asked, PendingChallenge, SECONDS};
use crate::domain::tenants::ResolvedTenant;
use crate::model::factor::Method;
use crate::model::state::ChallengePurpose;
use crate::model::time::Time;
use crate::ports::Fault;
use crate::store;
use crate::store::challenges::Challenge;

/// What tells a sealed challenge from the secret of a stored one.
const MARK: char = '.';

/// A challenge that is not stored.
struct Draft {
    expires_at: Time,
    /// The secret of an authenticator app, if one has to be enrolled.
    app: [u8; totp::SECRET_BYTES],
    id: String,
}

/// Asks a session for its second factor.
///
/// # Errors
/// [`Refusal::Forbidden`] where the tenant has none; as [`fresh_sign_in::require`] for a user who has none and sets one up.
pub(crate) async fn begin(cx: &Cx, session: &OwnSession) -> Result<PendingChallenge, Error> {
    let draft = Draft { expires_at: cx.now.plus(SECONDS), app: cx.random(), id: cx.id() };
    let secret = draft.seal(cx, session)?;
    let waiting = as_pending(cx, session, draft, secret).await?;
    if waiting.enrols() {
        recency::require(cx, session, Lasting::Factor).await?;
    }
    Ok(waiting)
}

/// What the session is asked for under this secret, stored or not; `None` if the secret is not of this module, is of
/// another session, or has ended.
pub(crate) async fn find(
    cx: &Cx,
    resolved: &ResolvedTenant,
    session: &OwnSession,
    secret: &str,
    channel: Channel<'_>,
) -> Result<Option<PendingChallenge>, Error> {
    let Some(draft) = Draft::open(cx, session, secret)? else { return Ok(None) };
    match store::challenges::find(cx.db.as_ref(), &stored(secret), cx.now).await? {
        Some(found) => Ok(Some(challenges::read(cx, resolved, found, channel).await?)),
        None => Ok(Some(as_pending(cx, session, draft, secret.to_owned()).await?)),
    }
}

/// Whether a secret can be one of this module.
pub(crate) fn is_sealed(secret: &str) -> bool {
    secret.contains(MARK)
}

/// Writes the row of a challenge, now that a form was sent with it.
///
/// # Errors
/// [`Refusal::ChallengeOver`] if it was used before.
pub(crate) async fn keep(cx: &Cx, waiting: &PendingChallenge) -> Result<(), Error> {
    let PendingChallenge { tenant, user, row, purpose, .. } = waiting;
    let entry = Entry::ok("mfa.challenged").by(&user.id).on(&row.id).saying(purpose.as_str());
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::challenges::insert(row, None, None, cx.now));
    if change.commit().await?.is_some() {
        return Ok(());
    }
    // Another form was sent at the same time; or this has expired.
    let there = store::challenges::find(cx.db.as_ref(), &row.hash, cx.now).await?;
    there.map(drop).ok_or_else(|| Refusal::ChallengeOver.into())
}

/// The challenge of a draft, as if it were stored.
async fn as_pending(
    cx: &Cx,
    session: &OwnSession,
    draft: Draft,
    secret: String,
) -> Result<PendingChallenge, Error> {
    let Asked { tenant, user, factors, mut methods } = challenges::ask_session(cx, session).await?;
    let Draft { expires_at, app, id } = draft;
    let mut sealed_secret = None;
    if methods.is_empty() {
        methods.push(Method::Totp);
        sealed_secret = Some(app_secrets::seal(cx, &tenant.id, &app_secrets::pending(&id), &app)?);
    }
    let row = Challenge {
        hash: stored(&secret),
        id,
        tenant_id: tenant.id.clone(),
        user_id: user.id.clone(),
        purpose: ChallengePurpose::StepUp,
        browser: true,
        session_id: session.session_id.clone(),
        amr: session.amr.clone(),
        methods,
        code_hash: None,
        sends: 0,
        sealed_secret,
        expires_at,
        identity: None,
    };
    Ok(PendingChallenge {
        purpose: ChallengePurpose::StepUp,
        tenant,
        user,
        secret,
        factors,
        row,
        saved: false,
    })
}

impl Draft {
    /// Sealed for that session alone.
    fn seal(&self, cx: &Cx, session: &OwnSession) -> Result<String, Fault> {
        let mut plain = self.expires_at.0.to_be_bytes().to_vec();
        plain.extend(self.app);
        plain.extend(self.id.as_bytes());
        cx.sealer(&session.tenant.id, SEALED_AS)?.seal(cx.random(), &of_session(session), &plain)
    }

    fn open(cx: &Cx, session: &OwnSession, secret: &str) -> Result<Option<Draft>, Fault> {
        if !is_sealed(secret) || !can_be_sealed(secret) {
            return Ok(None);
        }
        let sealer = cx.sealer(&session.tenant.id, SEALED_AS)?;
        let Ok(plain) = sealer.open(&of_session(session), secret) else { return Ok(None) };
        let parts = plain.split_first_chunk::<8>();
        let parts = parts.and_then(|(time, rest)| Some((time, rest.split_first_chunk()?)));
        let Some((time, (app, id))) = parts else { return Ok(None) };
        let (expires_at, id) = (Time(i64::from_be_bytes(*time)), String::from_utf8_lossy(id).into_owned());
        Ok(Some(Draft { expires_at, app: *app, id }).filter(|draft| draft.expires_at > cx.now))
    }
}

/// The purpose that their keys are derived for.
const SEALED_AS: &str = "step-ups";

/// What a sealed challenge is bound to.
fn of_session(session: &OwnSession) -> String {
    format!("sessions/{}/step-up", session.id())
}

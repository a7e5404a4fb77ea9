//! Sign-ins, sessions and enrolments that wait for a second factor.

use crate::model::factor::Method;
use crate::model::state::ChallengePurpose;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::factors::{self, Factors};
use crate::store::sessions::SessionIdentity;
use crate::store::users::{self, User};
use crate::store::{Columns, json_text};

/// A challenge's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// The hash of the secret that stands for it.
    pub(crate) hash: String,
    /// What pages call it by.
    pub(crate) id: String,
    /// The user's tenant.
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    /// What waits.
    pub(crate) purpose: ChallengePurpose,
    /// Whether a browser holds it.
    pub(crate) browser: bool,
    /// The session that asks, unless it is a sign-in.
    pub(crate) session_id: Option<String>,
    /// What the user proved so far.
    pub(crate) amr: Vec<String>,
    /// What can complete it.
    pub(crate) methods: Vec<Method>,
    /// The hash of the code that was mailed for it, while it is good.
    pub(crate) code_hash: Option<String>,
    /// How many codes were mailed for it.
    pub(crate) sends: i64,
    /// The secret of the authenticator app that is being enrolled, sealed.
    pub(crate) sealed_secret: Option<String>,
    /// When it expires.
    pub(crate) expires_at: Time,
    /// The identity that the sign-in began with, if it did with one.
    pub(crate) identity: Option<SessionIdentity>,
}

/// A challenge that can be completed, its user, and what that user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChallengeOfUser {
    pub(crate) challenge: Challenge,
    pub(crate) user: User,
    /// The user's second factors.
    pub(crate) factors: Factors,
}

/// Makes a challenge, unless it is there, or the user has another password than that of the hash.
pub(crate) fn insert(
    challenge: &Challenge,
    code_until: Option<Time>,
    password_hash: Option<&str>,
    now: Time,
) -> Stmt {
    let args: Vec<Arg> = vec![
        (&challenge.hash).into(),
        (&challenge.id).into(),
        (&challenge.tenant_id).into(),
        (&challenge.user_id).into(),
        challenge.purpose.as_str().into(),
        challenge.browser.into(),
        challenge.session_id.clone().into(),
        json_text(&challenge.amr).into(),
        json_text(&challenge.methods).into(),
        challenge.code_hash.clone().into(),
        code_until.map(|until| until.0).into(),
        challenge.sends.into(),
        challenge.sealed_secret.clone().into(),
        now.0.into(),
        challenge.expires_at.0.into(),
        password_hash.into(),
        challenge.identity.as_ref().map(|identity| identity.id.clone()).into(),
        challenge.identity.as_ref().map(|identity| identity.provider_id.clone()).into(),
        challenge.identity.as_ref().and_then(|identity| identity.provider_session.clone()).into(),
        challenge.identity.as_ref().and_then(|identity| identity.until).map(|until| until.0).into(),
    ];
    let sql =
        "INSERT OR IGNORE INTO challenges (hash, id, tenant_id, user_id, purpose, browser, session_id, amr, methods, code_hash,
                                 code_until, sends, sealed_secret, created_at, expires_at, identity_id, provider_id,
                                 provider_session, provider_until)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?17, ?18, ?19, ?20
         WHERE (?16 IS NULL OR EXISTS (SELECT 1 FROM users WHERE id = ?4 AND password_hash = ?16))";
    Stmt::new(sql, args)
}

/// A challenge waits; if a session asked for it, for as long as that lives.
const LIVE: &str = "used_at IS NULL AND expires_at > ?2 AND (session_id IS NULL OR EXISTS
                    (SELECT 1 FROM sessions WHERE sessions.id = session_id AND sessions.ended_at IS NULL
                     AND sessions.expires_at > ?2))";

/// The challenge of that secret, with its user and what they have, in one round trip.
pub(crate) async fn find(db: &dyn Database, hash: &str, now: Time) -> Result<Option<ChallengeOfUser>, Fault> {
    let which = format!("SELECT hash FROM challenges WHERE hash = ?1 AND {LIVE}");
    find_where(db, &which, hash, now).await
}

/// The last challenge of that purpose that a session asked for.
pub(crate) async fn of_session(
    db: &dyn Database,
    session_id: &str,
    purpose: ChallengePurpose,
    now: Time,
) -> Result<Option<ChallengeOfUser>, Fault> {
    let which = format!(
        "SELECT hash FROM challenges WHERE session_id = ?1 AND purpose = '{}' AND {LIVE}
         ORDER BY id DESC LIMIT 1",
        purpose.as_str()
    );
    find_where(db, &which, session_id, now).await
}

async fn find_where(
    db: &dyn Database,
    which: &str,
    key: &str,
    now: Time,
) -> Result<Option<ChallengeOfUser>, Fault> {
    let args = || vec![key.into(), now.0.into()];
    let of_user = format!("(SELECT user_id FROM challenges WHERE hash = ({which}))");
    let answers = db
        .run(vec![
            Stmt::new(
                format!(
                    "SELECT *, CASE WHEN code_until > ?2 THEN code_hash END AS good_code FROM challenges
                     WHERE hash = ({which})"
                ),
                args(),
            ),
            Stmt::new(format!("SELECT * FROM users WHERE status = 'active' AND id = {of_user}"), args()),
            Stmt::new(factors::sql(&of_user, "NULL"), args()),
        ])
        .await?;
    let [challenges, users, factors] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of three answered otherwise"));
    };
    let (Some(challenge), Some(user), Some(factors)) = (challenges.first(), users.first(), factors.first())
    else {
        return Ok(None);
    };
    Ok(Some(ChallengeOfUser {
        challenge: read(challenge)?,
        user: users::read(user)?,
        factors: factors::read(factors)?,
    }))
}

fn read(row: &Row) -> Result<Challenge, Fault> {
    let row = Columns(row);
    Ok(Challenge {
        hash: row.text("hash")?,
        id: row.text("id")?,
        tenant_id: row.text("tenant_id")?,
        user_id: row.text("user_id")?,
        purpose: row.state("purpose")?,
        browser: row.flag("browser")?,
        session_id: row.maybe_text("session_id")?,
        amr: row.json("amr")?,
        methods: row.json("methods")?,
        code_hash: row.maybe_text("good_code")?,
        sends: row.int("sends")?,
        sealed_secret: row.maybe_text("sealed_secret")?,
        expires_at: row.time("expires_at")?,
        identity: match (row.maybe_text("identity_id")?, row.maybe_text("provider_id")?) {
            (Some(id), Some(provider_id)) => {
                let provider_session = row.maybe_text("provider_session")?;
                let until = row.maybe_time("provider_until")?;
                Some(SessionIdentity { id, provider_id, provider_session, until })
            }
            _ => None,
        },
    })
}

/// Takes a challenge: of many at once, one gets it.
pub(crate) fn take(hash: &str, now: Time) -> Stmt {
    let sql = format!("UPDATE challenges SET used_at = ?2 WHERE hash = ?1 AND {LIVE}");
    Stmt::new(sql, vec![hash.into(), now.0.into()])
}

/// Takes a challenge for the code that was mailed for it, while that is good.
pub(crate) fn take_with_code(hash: &str, code_hash: &str, now: Time) -> Stmt {
    let sql = format!(
        "UPDATE challenges SET used_at = ?2 WHERE hash = ?1 AND code_hash = ?3 AND code_until > ?2 AND {LIVE}"
    );
    Stmt::new(sql, vec![hash.into(), now.0.into(), code_hash.into()])
}

/// Takes a challenge for the password that was checked with that hash, while the user has it.
pub(crate) fn take_with_password(hash: &str, password_hash: &str, now: Time) -> Stmt {
    users::if_password_is(take(hash, now), password_hash)
}

/// Puts another code in the place of the one that was mailed, if so many were not yet; returns its id if so.
pub(crate) fn set_code(hash: &str, code_hash: &str, until: Time, most: i64, now: Time) -> Stmt {
    let sql = "UPDATE challenges SET code_hash = ?2, code_until = ?3, sends = sends + 1
               WHERE hash = ?1 AND sends < ?4 AND used_at IS NULL AND expires_at > ?5 RETURNING id";
    Stmt::new(sql, vec![hash.into(), code_hash.into(), until.0.into(), most.into(), now.0.into()])
}

/// Ends all that wait for a user: what they proved counts no more.
pub(crate) fn end_all(user_id: &str, now: Time) -> Stmt {
    let sql = "UPDATE challenges SET used_at = ?2 WHERE user_id = ?1 AND used_at IS NULL";
    Stmt::new(sql, vec![user_id.into(), now.0.into()])
}

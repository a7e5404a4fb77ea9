//! Sessions, and who they stand for.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::logout_deliveries::owe;
use crate::store::roles::GRANTED;
use crate::store::users::{self, User};
use crate::store::{Columns, json_text, one};

/// A session's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// Its id, a token's `sid`.
    pub(crate) id: String,
    /// The user's tenant.
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    /// Hash of the cookie's value, for a browser's session.
    pub(crate) cookie_hash: Option<String>,
    /// How the user signed in (RFC 8176).
    pub(crate) amr: Vec<String>,
    /// When the user signed in.
    pub(crate) auth_time: Time,
    /// From where.
    pub(crate) address: String,
    /// With what.
    pub(crate) user_agent: String,
    /// When it began.
    pub(crate) created_at: Time,
    /// Without use for this many seconds it ends.
    pub(crate) idle_seconds: Option<i64>,
    /// When it ends at the latest.
    pub(crate) expires_at: Time,
    /// The identity that it began with, if it did with one.
    pub(crate) identity: Option<SessionIdentity>,
    /// From where, as a short hash.
    pub(crate) place: String,
    /// Its refresh token, if it has one.
    pub(crate) refresh: Option<NewRefreshToken>,
}

/// What a session knows of the refresh token that it begins with, or that takes the place of those before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewRefreshToken {
    /// The hash of its secret.
    pub(crate) hash: String,
    /// The id of the key that its MAC is under.
    pub(crate) key_id: String,
}

/// What a session knows of the identity that it began with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionIdentity {
    /// The identity's row.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) provider_id: String,
    /// What the provider calls the session there, JSON.
    pub(crate) provider_session: Option<String>,
    /// When the session there ends, if the provider says so.
    pub(crate) until: Option<Time>,
}

/// A live session with its user, as of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) id: String,
    /// How the user signed in.
    pub(crate) amr: Vec<String>,
    /// When the user signed in.
    pub(crate) auth_time: Time,
    /// When the user last proved who they are in it.
    pub(crate) proved_at: Time,
    /// When it ends at the latest.
    pub(crate) expires_at: Time,
    /// When it ends unless it is used.
    pub(crate) idle_until: Option<Time>,
    /// The client that it was granted to; none for a person's own.
    pub(crate) client_id: Option<String>,
    /// The browser's session that it was granted in.
    pub(crate) parent_id: Option<String>,
    /// What was granted, space-separated; none for a person's own.
    pub(crate) scope: Option<String>,
    /// What else than the issuer its tokens are for.
    pub(crate) resources: Vec<String>,
    /// The key that its refresh tokens are bound to.
    pub(crate) dpop_jkt: Option<String>,
    /// The claims that UserInfo tells besides those of the scope.
    pub(crate) userinfo_claims: Vec<String>,
    pub(crate) user: User,
    /// The custom scopes that the user has.
    pub(crate) granted: Vec<String>,
}

impl Live {
    /// When it ends, unless it is used or refreshed before.
    pub(crate) fn ends_at(&self) -> Time {
        self.idle_until.map_or(self.expires_at, |idle_until| idle_until.min(self.expires_at))
    }
}

fn live() -> String {
    format!(
        "SELECT {GRANTED} AS user_granted, {LIVE_COLUMNS}
         FROM sessions JOIN users ON users.id = sessions.user_id WHERE {STANDS} AND "
    )
}

/// What [`read_live`] reads, besides the custom scopes.
pub(super) const LIVE_COLUMNS: &str = "users.*, sessions.id AS session_id, sessions.amr AS session_amr,
                           sessions.auth_time AS session_auth_time, sessions.expires_at AS session_expires_at,
                           sessions.idle_until AS session_idle_until,
                           sessions.client_id AS session_client_id, sessions.parent_id AS session_parent_id,
                           sessions.scope AS session_scope, sessions.dpop_jkt AS session_dpop_jkt,
                           coalesce(sessions.userinfo_claims, '[]') AS session_userinfo_claims,
                           coalesce(sessions.proved_at, sessions.auth_time) AS session_proved_at,
                           coalesce(sessions.resources, '[]') AS session_resources";

/// Whether a session and its user stand at `?2`.
pub(super) const STANDS: &str = "sessions.ended_at IS NULL AND sessions.expires_at > ?2
                    AND (sessions.idle_until IS NULL OR sessions.idle_until > ?2) AND users.status = 'active'";

pub(crate) fn read_live(row: &Row) -> Result<Live, Fault> {
    let user = users::read(row)?;
    let row = Columns(row);
    Ok(Live {
        id: row.text("session_id")?,
        amr: row.json("session_amr")?,
        auth_time: row.time("session_auth_time")?,
        proved_at: row.time("session_proved_at")?,
        expires_at: row.time("session_expires_at")?,
        idle_until: row.maybe_time("session_idle_until")?,
        client_id: row.maybe_text("session_client_id")?,
        parent_id: row.maybe_text("session_parent_id")?,
        scope: row.maybe_text("session_scope")?,
        resources: row.json("session_resources")?,
        dpop_jkt: row.maybe_text("session_dpop_jkt")?,
        userinfo_claims: row.json("session_userinfo_claims")?,
        granted: row.json("user_granted")?,
        user,
    })
}

/// Asks for the live session that an authorization code was given in; for the grant of that id where it was exchanged for
/// that.
pub(crate) fn live_by_code(hash: &str, grant_id: &str, now: Time) -> Stmt {
    let id = "SELECT iif(grant_id = ?3, grant_id, session_id) FROM authorization_codes WHERE hash = ?1";
    let sql = format!("{} sessions.id = ({id})", live());
    Stmt::new(sql, vec![hash.into(), now.0.into(), grant_id.into()])
}

/// Asks for the live session that a console was opened in.
pub(crate) fn live_by_console(id: &str, now: Time) -> Stmt {
    let sql = format!("{} sessions.id = (SELECT session_id FROM console_sessions WHERE id = ?1)", live());
    Stmt::new(sql, vec![id.into(), now.0.into()])
}

/// Asks for the live session in which a device was approved.
pub(crate) fn live_by_device_code(hash: &str, now: Time) -> Stmt {
    let sql = format!("{} sessions.id = (SELECT session_id FROM device_codes WHERE hash = ?1)", live());
    Stmt::new(sql, vec![hash.into(), now.0.into()])
}

pub(crate) async fn live_by_id(db: &dyn Database, id: &str, now: Time) -> Result<Option<Live>, Fault> {
    let stmt = Stmt::new(format!("{} sessions.id = ?1", live()), vec![id.into(), now.0.into()]);
    one(db, stmt).await?.first().map(read_live).transpose()
}

/// The live session of that cookie; its idle time starts anew, written at most every five minutes.
pub(crate) async fn live_by_cookie(
    db: &dyn Database,
    cookie_hash: &str,
    now: Time,
) -> Result<Option<Live>, Fault> {
    let touch = Stmt::new(
        "UPDATE sessions SET seen_at = ?2, idle_until = ?2 + idle_seconds * 1000
         WHERE cookie_hash = ?1 AND ended_at IS NULL AND idle_until > ?2 AND seen_at < ?3",
        vec![cookie_hash.into(), now.0.into(), now.plus(-300).0.into()],
    )
    .repeatable();
    let find =
        Stmt::new(format!("{} sessions.cookie_hash = ?1", live()), vec![cookie_hash.into(), now.0.into()]);
    let answers = db.run(vec![touch, find]).await?;
    answers.last().and_then(|rows| rows.first()).map(read_live).transpose()
}

/// Begins a session, if its user is still active and, where a password was checked, still has its hash.
pub(crate) fn insert(session: &Session, password_hash: Option<&str>) -> Stmt {
    let args: Vec<Arg> = vec![
        (&session.id).into(),
        (&session.tenant_id).into(),
        (&session.user_id).into(),
        session.cookie_hash.clone().into(),
        json_text(&session.amr).into(),
        session.auth_time.0.into(),
        (&session.address).into(),
        (&session.user_agent).into(),
        session.created_at.0.into(),
        session.idle_seconds.into(),
        session.expires_at.0.into(),
        password_hash.into(),
        session.identity.as_ref().map(|identity| identity.id.clone()).into(),
        session.identity.as_ref().and_then(|identity| identity.provider_session.clone()).into(),
        session.identity.as_ref().and_then(|identity| identity.until).map(|until| until.0).into(),
        (&session.place).into(),
        session.refresh.as_ref().map(|token| token.hash.clone()).into(),
        session.refresh.as_ref().map(|token| token.key_id.clone()).into(),
    ];
    let sql =
        "INSERT INTO sessions (id, tenant_id, user_id, cookie_hash, amr, auth_time, address, user_agent, created_at,
                               seen_at, idle_seconds, idle_until, expires_at, due_at, identity_id, provider_session,
                               provider_until, places, refresh_hash, refresh_key, refresh_until)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?9 + ?10 * 1000, ?11, ?11, ?13, ?14, ?15, ?16, ?17, ?18,
                iif(?17 IS NULL, NULL, ?11)
         WHERE EXISTS (SELECT 1 FROM users WHERE id = ?3 AND status = 'active'
                       AND (?12 IS NULL OR password_hash = ?12))";
    Stmt::new(sql, args)
}

/// Finds what [`upgrade`] returns.
pub(crate) fn upgraded(id: &str) -> Stmt {
    let sql = "SELECT auth_time, generation, expires_at FROM sessions WHERE id = ?1 AND ended_at IS NULL";
    Stmt::new(sql, vec![id.into()])
}

/// Notes that a session's person proved more, `proved_at` if that was something they had before, and changes the value
/// of its cookie, or puts a refresh token in the place of its newest; returns when it began and the newest generation.
pub(crate) fn upgrade(
    id: &str,
    amr: &[String],
    cookie_hash: Option<&str>,
    refresh: Option<&NewRefreshToken>,
    proved_at: Option<Time>,
) -> Stmt {
    let sql = "UPDATE sessions SET amr = ?2, cookie_hash = coalesce(?3, cookie_hash),
                                   proved_at = coalesce(?4, proved_at),
                                   replaced = iif(?5 IS NULL, replaced, generation),
                                   generation = generation + iif(?5 IS NULL, 0, 1),
                                   refresh_hash = coalesce(?5, refresh_hash), refresh_key = coalesce(?6, refresh_key),
                                   refresh_until = iif(?5 IS NULL, refresh_until, expires_at)
               WHERE id = ?1 AND ended_at IS NULL RETURNING auth_time, generation, expires_at";
    let args = vec![
        id.into(),
        json_text(&amr).into(),
        cookie_hash.into(),
        proved_at.map(|at| at.0).into(),
        refresh.map(|token| token.hash.as_str()).into(),
        refresh.map(|token| token.key_id.as_str()).into(),
    ];
    Stmt::new(sql, args)
}

/// Notes that the person of a session proved who they are with the password of that hash, which must still be theirs;
/// returns the session's id if it is live.
pub(crate) fn prove(id: &str, user_id: &str, password_hash: &str, now: Time) -> Stmt {
    let sql = "UPDATE sessions SET proved_at = ?4 WHERE id = ?1 AND user_id = ?2 AND ended_at IS NULL
               AND EXISTS (SELECT 1 FROM users WHERE users.id = ?2 AND users.password_hash = ?3) RETURNING id";
    Stmt::new(sql, vec![id.into(), user_id.into(), password_hash.into(), now.0.into()])
}

/// A session and those that began in it, but for offline access.
pub(super) fn with_grants(session: &str) -> String {
    format!(
        "WITH RECURSIVE over (id) AS (
           {session} UNION
           SELECT sessions.id FROM sessions JOIN over ON sessions.parent_id = over.id
           WHERE instr(' ' || coalesce(sessions.scope, '') || ' ', ' offline_access ') = 0)
         SELECT id FROM over"
    )
}

/// Ends one session of a user, and those that began in it but for offline access. The first statement notes
/// which clients are to be told, the second ends.
pub fn end(id: &str, now: Time) -> [Stmt; 2] {
    let over = with_grants("SELECT ?2");
    let tell = format!("sessions.id IN ({over}) OR sessions.parent_id IN ({over})");
    let end = format!("UPDATE sessions SET ended_at = ?1 WHERE id IN ({over}) AND ended_at IS NULL");
    [owe(&tell, now, vec![id.into()]), Stmt::new(end, vec![now.0.into(), id.into()])]
}

/// Ends all sessions of a user who is disabled by then. Two statements, as [`end`].
pub(crate) fn end_all_if_disabled(user_id: &str, now: Time) -> [Stmt; 2] {
    let which = "sessions.user_id = (SELECT id FROM users WHERE id = ?2 AND status = 'disabled')";
    let end = format!("UPDATE sessions SET ended_at = ?1 WHERE {which} AND sessions.ended_at IS NULL");
    [owe(which, now, vec![user_id.into()]), Stmt::new(end, vec![now.0.into(), user_id.into()])]
}

/// Ends all sessions of a user, and whatever was granted in them. Two statements, as [`end`].
pub(crate) fn end_all(user_id: &str, now: Time) -> [Stmt; 2] {
    let end = "UPDATE sessions SET ended_at = ?1 WHERE user_id = ?2 AND ended_at IS NULL";
    let args = vec![now.0.into(), user_id.into()];
    [owe("sessions.user_id = ?2", now, vec![user_id.into()]), Stmt::new(end, args)]
}

/// Ends all sessions of a user but one and what was granted in that, offline access too. Two statements, as
/// [`end`].
pub(crate) fn end_all_but(user_id: &str, keep: Option<&str>, now: Time) -> [Stmt; 2] {
    let which = "sessions.user_id = ?2 AND sessions.id <> coalesce(?3, '')
                 AND coalesce(sessions.parent_id, '-') <> coalesce(?3, '')";
    let end = format!("UPDATE sessions SET ended_at = ?1 WHERE {which} AND sessions.ended_at IS NULL");
    let args = vec![user_id.into(), keep.into()];
    let mut all: Vec<Arg> = vec![now.0.into()];
    all.extend(args.clone());
    [owe(which, now, args), Stmt::new(end, all)]
}

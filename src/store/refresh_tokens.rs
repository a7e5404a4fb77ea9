//! Refresh tokens: a family a session, each token spent once.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Stmt};
use crate::store::sessions::{self, Live};
use crate::store::{Columns, json_text};

/// A token as it stands, with its family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The family.
    pub(crate) session_id: String,
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    /// The client that the family was granted to, if it was.
    pub(crate) client_id: Option<String>,
    /// When the token ends.
    pub(crate) expires_at: Time,
    /// When it was spent.
    pub(crate) used_at: Option<Time>,
    /// Who spent it.
    pub(crate) used_by: Option<String>,
    /// The hash of its successor, if there is one.
    pub(crate) successor: Option<String>,
    /// Whether its successor has been spent as well.
    pub(crate) successor_spent: bool,
    /// Its session and user, if that is still alive.
    pub(crate) live: Option<Live>,
}

/// A token by its hash, with its session, in one round trip. Its successor is one of those.
pub(crate) async fn find(
    db: &dyn Database,
    hash: &str,
    successors: &[&str],
    now: Time,
) -> Result<Option<Token>, Fault> {
    let token = Stmt::new(
        "SELECT refresh_tokens.*, sessions.user_id, sessions.client_id,
                next.hash AS successor, next.used_at IS NOT NULL AS successor_spent
         FROM refresh_tokens JOIN sessions ON sessions.id = refresh_tokens.session_id
         LEFT JOIN refresh_tokens next ON next.hash IN (SELECT value FROM json_each(?2))
         WHERE refresh_tokens.hash = ?1",
        vec![hash.into(), json_text(&successors).into()],
    );
    let answers = db.run(vec![token, sessions::live_by_refresh_token(hash, now)]).await?;
    let [tokens, lives] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of two answered otherwise"));
    };
    let Some(row) = tokens.first().map(Columns) else { return Ok(None) };
    Ok(Some(Token {
        session_id: row.text("session_id")?,
        tenant_id: row.text("tenant_id")?,
        user_id: row.text("user_id")?,
        client_id: row.maybe_text("client_id")?,
        expires_at: row.time("expires_at")?,
        used_at: row.maybe_time("used_at")?,
        used_by: row.maybe_text("used_by")?,
        successor: row.maybe_text("successor")?,
        successor_spent: row.flag("successor_spent")?,
        live: lives.first().map(sessions::read_live).transpose()?,
    }))
}

/// Adds a token to a family that exists.
pub(crate) fn insert(hash: &str, session_id: &str, tenant_id: &str, expires_at: Time, now: Time) -> Stmt {
    Stmt::new(
        "INSERT INTO refresh_tokens (hash, session_id, tenant_id, created_at, expires_at)
         SELECT ?1, id, ?3, ?4, min(?5, coalesce(provider_until, ?5)) FROM sessions WHERE id = ?2",
        vec![hash.into(), session_id.into(), tenant_id.into(), now.0.into(), expires_at.0.into()],
    )
}

/// Puts a token in the place of a session's unspent ones.
pub(crate) fn replace(hash: &str, session_id: &str, now: Time) -> [Stmt; 2] {
    let gone = Stmt::new(
        "DELETE FROM refresh_tokens WHERE session_id = ?1 AND used_at IS NULL",
        vec![session_id.into()],
    );
    let there = Stmt::new(
        "INSERT INTO refresh_tokens (hash, session_id, tenant_id, created_at, expires_at)
         SELECT ?1, id, tenant_id, ?3, expires_at FROM sessions WHERE id = ?2",
        vec![hash.into(), session_id.into(), now.0.into()],
    );
    [gone, there]
}

/// A token that is spent.
pub(crate) struct Spend<'a> {
    /// The presented token's hash.
    pub(crate) hash: &'a str,
    /// Its successor's hash.
    pub(crate) successor: &'a str,
    /// When the successor, and with it the session, ends.
    pub(crate) expires_at: Time,
    /// Who asks.
    pub(crate) by: &'a str,
    pub(crate) now: Time,
}

/// Spends a live token: of many at once, one does.
pub(crate) fn spend(spend: &Spend<'_>) -> Stmt {
    Stmt::new(
        "UPDATE refresh_tokens SET used_at = ?2, used_by = ?3
         WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2
         AND EXISTS (SELECT 1 FROM sessions JOIN users ON users.id = sessions.user_id
                     WHERE sessions.id = refresh_tokens.session_id AND sessions.ended_at IS NULL
                     AND users.status = 'active')",
        vec![spend.hash.into(), spend.now.0.into(), spend.by.into()],
    )
}

/// What follows: the successor is added, and the session's end put away.
pub(crate) fn succeed(spend: &Spend<'_>) -> [Stmt; 2] {
    let Spend { hash, successor, expires_at, now, .. } = *spend;
    let succeed = Stmt::new(
        "INSERT OR IGNORE INTO refresh_tokens (hash, session_id, tenant_id, created_at, expires_at)
         SELECT ?2, session_id, refresh_tokens.tenant_id, ?3, min(?4, coalesce(provider_until, ?4))
         FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = ?1",
        vec![hash.into(), successor.into(), now.0.into(), expires_at.0.into()],
    );
    let extend = Stmt::new(
        "UPDATE sessions SET expires_at = max(expires_at, min(?3, coalesce(provider_until, ?3))), seen_at = ?2
         WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = ?1)",
        vec![hash.into(), now.0.into(), expires_at.0.into()],
    );
    [succeed, extend]
}

//! What the console of an administrator's browser is opened with, and kept open by.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Stmt};
use crate::store::Columns;
use crate::store::sessions::{self, Live};

/// A code or a renewal as it stands.
pub(crate) struct ConsoleSession {
    /// Of the secret.
    pub(crate) hash: String,
    /// PKCE's challenge, while it is a code.
    pub(crate) challenge: Option<String>,
    pub(crate) expires_at: Time,
    /// The browser's session, if that is still alive.
    pub(crate) live: Option<Live>,
}

/// Keeps a code.
pub(crate) fn insert(id: &str, session_id: &str, hash: &str, challenge: &str, expires_at: Time) -> Stmt {
    Stmt::new(
        "INSERT INTO console_sessions (id, session_id, hash, challenge, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        vec![id.into(), session_id.into(), hash.into(), challenge.into(), expires_at.0.into()],
    )
}

/// The code or renewal of that id, with its session, in one round trip.
pub(crate) async fn find(db: &dyn Database, id: &str, now: Time) -> Result<Option<ConsoleSession>, Fault> {
    let row = Stmt::new("SELECT * FROM console_sessions WHERE id = ?1", vec![id.into()]);
    let answers = db.run(vec![row, sessions::live_by_console(id, now)]).await?;
    let [rows, lives] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of two answered otherwise"));
    };
    let Some(row) = rows.first().map(Columns) else { return Ok(None) };
    Ok(Some(ConsoleSession {
        hash: row.text("hash")?,
        challenge: row.maybe_text("challenge")?,
        expires_at: row.time("expires_at")?,
        live: lives.first().map(sessions::read_live).transpose()?,
    }))
}

/// Takes a code or renewal and puts the next renewal in its place: of many at once, one does.
pub(crate) fn renew(id: &str, hash: &str, next: &str, now: Time, until: Time) -> Stmt {
    Stmt::new(
        "UPDATE console_sessions SET hash = ?3, challenge = NULL, expires_at = ?5
         WHERE id = ?1 AND hash = ?2 AND expires_at > ?4 RETURNING id",
        vec![id.into(), hash.into(), next.into(), now.0.into(), until.0.into()],
    )
}

/// Ends one.
pub(crate) fn end(id: &str) -> Stmt {
    Stmt::new("DELETE FROM console_sessions WHERE id = ?1 RETURNING id", vec![id.into()])
}

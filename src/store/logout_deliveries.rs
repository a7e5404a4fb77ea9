//! Logouts that clients are to be told of: a row for each grant that ended, until its client has taken it.

use crate::model::signing_alg::SigningAlg;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Stmt};
use crate::store::{Columns, one};

/// Notes the grants that are about to end, or whose browser's session is, and whose clients want to know of
/// it. `which` is a condition on live rows of `sessions`; in its arguments, `?1` is the time.
///
/// A grant for offline access goes on, but its client is told as well: its own session for that person was
/// begun with the browser's.
pub(super) fn owe(which: &str, now: Time, more: Vec<Arg>) -> Stmt {
    let mut args: Vec<Arg> = vec![now.0.into()];
    args.extend(more);
    let sql = format!(
        "INSERT OR IGNORE INTO logout_deliveries (id, tenant_id, client_id, user_id, session_id, next_at, created_at)
         SELECT sessions.id, sessions.tenant_id, sessions.client_id, sessions.user_id, sessions.id, ?1, ?1
         FROM sessions JOIN clients ON clients.id = sessions.client_id
         WHERE sessions.ended_at IS NULL AND sessions.expires_at > ?1
         AND json_extract(clients.metadata, '$.backchannel_logout_uri') IS NOT NULL AND ({which})"
    );
    Stmt::new(sql, args)
}

/// Notes the grants of a user who is about to be deleted.
pub(crate) fn owe_all_of(user_id: &str, now: Time) -> Stmt {
    owe("sessions.user_id = ?2", now, vec![user_id.into()])
}

/// A delivery that is being tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Its id, the grant's.
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    /// Who is to be told.
    pub(crate) client_id: String,
    /// Who was signed out.
    pub(crate) user_id: String,
    /// Of which session.
    pub(crate) session_id: String,
    /// Tries, with this one.
    pub(crate) attempts: i64,
    /// When it is tried again unless it succeeds.
    pub(crate) next_at: Time,
    /// When the session ended.
    pub(crate) created_at: Time,
    /// The client's own name for itself, which its logout tokens are for.
    pub(crate) audience: String,
    /// Where to; none if the client does not want to know any more.
    pub(crate) uri: Option<String>,
    /// What its logout tokens are signed with (Back-Channel Logout 1.0 §2.6: as its ID tokens).
    pub(crate) alg: SigningAlg,
    /// Whether the client registered itself.
    pub(crate) registered_itself: bool,
}

/// How deliveries are tried again, in milliseconds.
pub(crate) struct Delays {
    /// After the first try; twice as long after each other one.
    pub(crate) first: i64,
    pub(crate) longest: i64,
}

/// Takes deliveries whose turn it is, of one user or of all, at most this many: nobody else gets them until
/// they are due again.
pub(crate) async fn take_due(
    db: &dyn Database,
    user_id: Option<&str>,
    delays: &Delays,
    limit: i64,
    now: Time,
) -> Result<Vec<Delivery>, Fault> {
    let mut args: Vec<Arg> = vec![now.0.into(), delays.first.into(), delays.longest.into(), limit.into()];
    args.extend(user_id.map(Arg::from));
    let of_user = if user_id.is_some() { "AND user_id = ?5" } else { "" };
    let sql = format!(
        "UPDATE logout_deliveries
         SET attempts = attempts + 1, next_at = ?1 + min(?3, ?2 << min(attempts, 20))
         WHERE id IN (SELECT id FROM logout_deliveries WHERE next_at <= ?1 {of_user} ORDER BY next_at LIMIT ?4)
         RETURNING *, (SELECT json_extract(metadata, '$.backchannel_logout_uri') FROM clients
                       WHERE clients.id = logout_deliveries.client_id) AS uri,
                      (SELECT json_extract(metadata, '$.id_token_signed_response_alg') FROM clients
                       WHERE clients.id = logout_deliveries.client_id) IS 'RS256' AS rs256,
                      coalesce((SELECT document_url FROM clients WHERE clients.id = logout_deliveries.client_id),
                               client_id) AS audience,
                      (SELECT registration_hash IS NOT NULL FROM clients
                       WHERE clients.id = logout_deliveries.client_id) AS registered_itself"
    );
    let rows = one(db, Stmt::new(sql, args)).await?;
    let read = |row| {
        let row = Columns(row);
        Ok(Delivery {
            id: row.text("id")?,
            tenant_id: row.text("tenant_id")?,
            client_id: row.text("client_id")?,
            user_id: row.text("user_id")?,
            session_id: row.text("session_id")?,
            attempts: row.int("attempts")?,
            next_at: row.time("next_at")?,
            created_at: row.time("created_at")?,
            audience: row.text("audience")?,
            uri: row.maybe_text("uri")?,
            alg: if row.flag("rs256")? { SigningAlg::Rs256 } else { SigningAlg::Es256 },
            registered_itself: row.maybe_int("registered_itself")? == Some(1),
        })
    };
    rows.iter().map(read).collect()
}

/// Nothing is owed any more.
pub(crate) fn done(id: &str) -> Stmt {
    Stmt::new("DELETE FROM logout_deliveries WHERE id = ?1", vec![id.into()])
}

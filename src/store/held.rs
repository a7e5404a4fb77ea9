//! What lets somebody into an account besides its password, counted and ended as a whole.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::api_keys::STANDS;
use crate::store::{Columns, one};

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// API keys that can be used.
    pub(crate) api_keys: i64,
    pub(crate) passkeys: i64,
    /// Clients that the user let act for them.
    pub(crate) connections: i64,
}

impl Held {
    /// Whether there is anything.
    pub(crate) fn any(&self) -> bool {
        self.api_keys > 0 || self.passkeys > 0 || self.connections > 0
    }
}

/// Asks for what the user has whom that SQL names, which speaks of `?2`.
fn ask(user: &str, arg: &str, now: Time) -> Stmt {
    let sql = format!(
        "SELECT (SELECT count(*) FROM api_keys WHERE api_keys.user_id = {user} AND {STANDS}
                 AND (api_keys.expires_at IS NULL OR api_keys.expires_at > ?1)) AS api_keys,
                (SELECT count(*) FROM passkeys WHERE passkeys.user_id = {user}) AS passkeys,
                (SELECT count(*) FROM consents WHERE consents.user_id = {user}) AS connections"
    );
    Stmt::new(sql, vec![now.0.into(), arg.into()])
}

/// Asks for what a user has.
pub(crate) fn of_user(user_id: &str, now: Time) -> Stmt {
    ask("?2", user_id, now)
}

/// Asks for what the user of a mailed link has.
pub(crate) fn of_link(link_hash: &str, now: Time) -> Stmt {
    ask("(SELECT user_id FROM mail_links WHERE hash = ?2)", link_hash, now)
}

/// Reads what such a question is answered with.
pub(crate) fn read(rows: &[Row]) -> Result<Held, Fault> {
    let Some(row) = rows.first().map(Columns) else { return Ok(Held::default()) };
    Ok(Held {
        api_keys: row.int("api_keys")?,
        passkeys: row.int("passkeys")?,
        connections: row.int("connections")?,
    })
}

/// Asks one of these questions.
pub(crate) async fn find(db: &dyn Database, question: Stmt) -> Result<Held, Fault> {
    read(&one(db, question).await?)
}

/// Ends all of it. Where sign-ins take a second factor (`needs_second_factor`), passkeys go only if an authenticator app is
/// left: a proof of the mailbox removes no second factor.
pub(crate) fn end(user_id: &str, needs_second_factor: bool, now: Time) -> [Stmt; 3] {
    [
        Stmt::new(
            "UPDATE api_keys SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at IS NULL",
            vec![user_id.into(), now.0.into()],
        ),
        Stmt::new(
            "DELETE FROM passkeys WHERE user_id = ?1
             AND (?2 = 0 OR EXISTS (SELECT 1 FROM authenticators WHERE authenticators.user_id = ?1))",
            vec![user_id.into(), needs_second_factor.into()],
        ),
        Stmt::new("DELETE FROM consents WHERE user_id = ?1", vec![user_id.into()]),
    ]
}

//! What cron removes: whatever can no longer matter, in pieces that neither a run nor the database's one thread is
//! busy with for long.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Stmt};
use crate::store::{Columns, audit, changed, changes, ended_sessions, mails, outbox};

const DAY: i64 = 86_400;

/// Rows that go once they are over.
pub(crate) struct Expired {
    /// What the log calls them: the table's name, and what tells them from others of the table.
    pub(crate) name: &'static str,
    /// Rows that one piece removes at most: as many as a few tens of milliseconds are enough for.
    pub(crate) most: i64,
    how: How,
}

enum How {
    /// Those whose time in this column is so many seconds ago. An index begins with the column.
    Past { column: &'static str, seconds: i64 },
    /// By statements of their own, which are one transaction and remove at most as many rows as they are told. The last one
    /// answers as `n` how many these were, as [`changed`] does.
    Own(fn(Time, i64) -> Vec<Stmt>),
}

/// Rows of a table whose time in a column is so many seconds ago; an index begins with the column.
const fn past(table: &'static str, column: &'static str, seconds: i64) -> Expired {
    Expired { name: table, most: 1_000, how: How::Past { column, seconds } }
}

/// Rows that statements of their own remove, at most `most` at once.
const fn own(name: &'static str, most: i64, statements: fn(Time, i64) -> Vec<Stmt>) -> Expired {
    Expired { name, most, how: How::Own(statements) }
}

/// All that goes, in this order: a row here is all that a further table needs.
pub(crate) const EXPIRED: [Expired; 21] = [
    own("sessions that expired", 200, ended_sessions::remove_expired),
    own("sessions that ended", 200, ended_sessions::remove_ended),
    past("mail_links", "expires_at", DAY),
    past("email_changes", "expires_at", DAY),
    past("authorization_requests", "expires_at", DAY),
    past("authorization_codes", "expires_at", DAY),
    past("console_sessions", "expires_at", 0),
    past("device_codes", "expires_at", DAY),
    past("challenges", "expires_at", DAY),
    past("passkey_challenges", "expires_at", DAY),
    past("federation_used", "expires_at", DAY),
    past("vault_attempts", "expires_at", 0),
    past("trusted_devices", "expires_at", DAY),
    past("signing_keys", "gone_at", DAY),
    past("rsa_keys", "gone_at", DAY),
    own("audit", 1_000, audit::remove_expired),
    own("changes", 1_000, changes::remove_old),
    // Of local and testing deployments.
    own("outbox", 1_000, outbox::remove_old),
    // Its statement looks through as many mails as it removes at most.
    own("mails that are of no use", 2_000, mails::give_up_expired),
    own("contents of mails", 1_000, mails::forget_contents),
    own("mails", 1_000, mails::remove_old),
];

impl Expired {
    /// The statements that remove one piece.
    fn piece(&self, now: Time) -> Vec<Stmt> {
        match &self.how {
            How::Past { column, seconds } => {
                let Expired { name, most, .. } = self;
                let sql = format!(
                    "DELETE FROM {name} WHERE rowid IN
                       (SELECT rowid FROM {name} WHERE {column} < ?1 ORDER BY {column} LIMIT ?2)"
                );
                vec![Stmt::new(sql, vec![now.plus(-seconds).0.into(), (*most).into()]), changed()]
            }
            How::Own(statements) => statements(now, self.most),
        }
    }

    /// Removes one piece; whether there may be more.
    pub(crate) async fn remove_piece(&self, db: &dyn Database, now: Time) -> Result<bool, Fault> {
        let answers = db.run(self.piece(now)).await?;
        let counted = answers.last().and_then(|rows| rows.first());
        let row = counted.ok_or_else(|| Fault::new("sweep", "nothing was counted"))?;
        Ok(Columns(row).int("n")? >= self.most)
    }
}

//! Notices that were too many to be mailed one by one.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::mails::{self, NewMail};
use crate::store::{Columns, one};

/// How many notices of one kind a user is mailed within [`SECONDS`].
pub(crate) const MOST: i64 = 5;

/// For how many seconds a notice counts, and waits to be summed up.
pub(crate) const SECONDS: i64 = 900;

/// Puts a notice into the queue, or among those that are gathered if the user got [`MOST`] of its kind already.
/// Two statements that belong together: of many notices at once no more are mailed.
/// `service` is the connected service that it is about; empty for other notices.
pub(crate) fn insert(mail: &NewMail<'_>, service: &str) -> [Stmt; 2] {
    let few = "NOT EXISTS (SELECT 1 FROM mails WHERE user_id = users.id AND kind = ?3 AND created_at > ?8
                           LIMIT 1 OFFSET ?9)";
    let mut queue = mails::insert(mail);
    queue.sql = format!("{} AND {few}", queue.sql);
    queue.args.extend([mail.now.plus(-SECONDS).0.into(), (MOST - 1).into()]);
    let gather = Stmt::new(
        "INSERT INTO gathered_notices (id, tenant_id, user_id, kind, recipient, created_at, service)
         SELECT ?1, tenant_id, id, ?3, ?4, ?5, ?6 FROM users WHERE id = ?2 AND changes() = 0",
        vec![
            mail.id.into(),
            mail.user_id.into(),
            mail.kind.into(),
            mail.recipient.into(),
            mail.now.0.into(),
            service.into(),
        ],
    );
    [queue, gather]
}

/// Notices of one kind to one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gathered {
    /// The user's tenant.
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    /// Which mail each would have been.
    pub(crate) kind: String,
    /// The address.
    pub(crate) recipient: String,
    /// How many they are.
    pub(crate) count: i64,
    /// The connected services that they are about.
    pub(crate) services: String,
    /// When the first was written.
    pub(crate) first: Time,
    /// When the last was.
    pub(crate) last: Time,
}

/// Notices that are looked through for those to be summed up.
const LOOKED_THROUGH: i64 = 1_000;

/// What has waited long enough to be summed up, the oldest first, at most this many mails.
pub(crate) async fn due(db: &dyn Database, most: i64, now: Time) -> Result<Vec<Gathered>, Fault> {
    let sql = "SELECT all_of.tenant_id, user_id, kind, recipient, count(*) AS n, min(created_at) AS first,
                      max(created_at) AS last,
                      group_concat(DISTINCT nullif(service, '')) AS services
               FROM (SELECT user_id, kind, recipient, min(created_at) AS since FROM
                       (SELECT * FROM gathered_notices WHERE created_at <= ?1 ORDER BY created_at LIMIT ?2)
                     GROUP BY user_id, kind, recipient ORDER BY since LIMIT ?3) AS due
               JOIN gathered_notices AS all_of USING (user_id, kind, recipient)
               GROUP BY user_id, kind, recipient ORDER BY first";
    let args = vec![now.plus(-SECONDS).0.into(), LOOKED_THROUGH.into(), most.into()];
    let stmt = Stmt::new(sql, args);
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(Gathered {
            tenant_id: row.text("tenant_id")?,
            user_id: row.text("user_id")?,
            kind: row.text("kind")?,
            recipient: row.text("recipient")?,
            count: row.int("n")?,
            services: row.maybe_text("services")?.unwrap_or_default().replace(',', ", "),
            first: row.time("first")?,
            last: row.time("last")?,
        })
    };
    one(db, stmt).await?.iter().map(read).collect()
}

/// A statement that ends in its `WHERE`, for while these notices are there.
pub(crate) fn while_there(stmt: Stmt, gathered: &Gathered) -> Stmt {
    let stmt = stmt.and("EXISTS (SELECT 1 FROM gathered_notices WHERE user_id = ?", &gathered.user_id);
    let stmt = stmt.and("kind = ?", &gathered.kind);
    stmt.and("created_at <= ?)", gathered.last.0)
}

/// Removes notices that were summed up.
pub(crate) fn delete(gathered: &Gathered) -> Stmt {
    let sql = "DELETE FROM gathered_notices
               WHERE user_id = ?1 AND kind = ?2 AND recipient = ?3 AND created_at <= ?4";
    let Gathered { user_id, kind, recipient, last, .. } = gathered;
    Stmt::new(sql, vec![user_id.into(), kind.into(), recipient.into(), last.0.into()])
}

//! The queue of mails.

use crate::model::id::uuid_v7;
use crate::model::state::MailStatus;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::window::{self, Args, Window};
use crate::store::{Columns, Listed, Page, changed, one};

/// A mail that is put into the queue.
pub(crate) struct NewMail<'a> {
    pub(crate) id: &'a str,
    /// Who it is to.
    pub(crate) user_id: &'a str,
    /// Which mail it is.
    pub(crate) kind: &'a str,
    /// The address it goes to.
    pub(crate) recipient: &'a str,
    /// Its content, sealed.
    pub(crate) sealed: &'a str,
    /// When it is written, and may be sent.
    pub(crate) now: Time,
    /// When it is of no use any more.
    pub(crate) expires_at: Time,
}

/// Puts a mail into the queue, if its user is there.
pub(crate) fn insert(mail: &NewMail<'_>) -> Stmt {
    Stmt::new(
        "INSERT INTO mails (id, tenant_id, user_id, kind, recipient, sealed, next_at, expires_at, created_at)
         SELECT ?1, tenant_id, id, ?3, ?4, ?5, ?6, ?7, ?6 FROM users WHERE id = ?2",
        vec![
            mail.id.into(),
            mail.user_id.into(),
            mail.kind.into(),
            mail.recipient.into(),
            mail.sealed.into(),
            mail.now.0.into(),
            mail.expires_at.0.into(),
        ],
    )
}

/// Takes a user's mails of that kind that were not sent yet out of the queue: another one is in their place.
pub(crate) fn replace_older(user_id: &str, kind: &str, id: &str) -> Stmt {
    Stmt::new(
        "UPDATE mails SET status = 'failed', error = 'replaced by a newer one', sealed = NULL
         WHERE user_id = ?1 AND kind = ?2 AND id <> ?3 AND status = 'queued'",
        vec![user_id.into(), kind.into(), id.into()],
    )
}

/// A mail that was taken to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeasedMail {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    /// Who it is to.
    pub(crate) user_id: Option<String>,
    /// Which mail it is.
    pub(crate) kind: String,
    /// The address it goes to.
    pub(crate) recipient: String,
    /// Its content.
    pub(crate) sealed: String,
    /// Tries, with this one.
    pub(crate) attempts: i64,
}

/// Takes mails whose turn it is, that one or at most this many: nobody else gets them before `until`. With `repeat`, also
/// those that were taken before and not heard of since.
pub(crate) async fn take_due(
    db: &dyn Database,
    id: Option<&str>,
    repeat: bool,
    until: Time,
    limit: i64,
    now: Time,
) -> Result<Vec<LeasedMail>, Fault> {
    let is_due =
        "status IN ('queued', 'sending') AND next_at <= ?1 AND (status = 'queued' OR ?3) AND expires_at > ?1
                  AND sealed IS NOT NULL";
    let (which, last) = match id {
        Some(id) => (format!("id = ?4 AND {is_due}"), id.into()),
        None => {
            (format!("id IN (SELECT id FROM mails WHERE {is_due} ORDER BY next_at LIMIT ?4)"), limit.into())
        }
    };
    let sql = format!(
        "UPDATE mails SET status = 'sending', attempts = attempts + 1, next_at = ?2 WHERE {which}
         RETURNING id, tenant_id, user_id, kind, recipient, sealed, attempts"
    );
    let stmt = Stmt::new(sql, vec![now.0.into(), until.0.into(), repeat.into(), last]);
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(LeasedMail {
            id: row.text("id")?,
            tenant_id: row.text("tenant_id")?,
            user_id: row.maybe_text("user_id")?,
            kind: row.text("kind")?,
            recipient: row.text("recipient")?,
            sealed: row.text("sealed")?,
            attempts: row.int("attempts")?,
        })
    };
    one(db, stmt).await?.iter().map(read).collect()
}

/// It was handed over: its content is forgotten.
pub(crate) fn sent(mail: &LeasedMail, now: Time) -> Stmt {
    let set = "status = 'sent', sent_at = ?3, error = NULL, sealed = NULL";
    of_this_try(mail, set, vec![now.0.into()])
}

/// It was not, and is tried again then, unless it is of no use by that time.
pub(crate) fn failed(mail: &LeasedMail, error: &str, next_at: Time) -> Stmt {
    let set = "status = CASE WHEN expires_at <= ?3 THEN 'failed' ELSE 'queued' END, next_at = ?3, error = ?4";
    of_this_try(mail, set, vec![next_at.0.into(), error.into()])
}

fn of_this_try(mail: &LeasedMail, set: &str, more: Vec<Arg>) -> Stmt {
    let mut args = vec![(&mail.id).into(), mail.attempts.into()];
    args.extend(more);
    Stmt::new(format!("UPDATE mails SET {set} WHERE id = ?1 AND attempts = ?2 AND status = 'sending'"), args)
}

/// Puts one that was given up into the queue again, if it still has its content; returns its id if so.
pub(crate) fn again(tenant_id: &str, id: &str, now: Time) -> Stmt {
    Stmt::new(
        "UPDATE mails SET status = 'queued', next_at = ?3
         WHERE tenant_id = ?1 AND id = ?2 AND status = 'failed' AND sealed IS NOT NULL AND expires_at > ?3
         RETURNING id",
        vec![tenant_id.into(), id.into(), now.0.into()],
    )
}

/// Gives up on what was taken and not heard of since.
pub(crate) fn give_up_unknown(now: Time) -> Stmt {
    Stmt::new(
        "UPDATE mails SET status = 'failed', error = 'outcome unknown'
         WHERE status IN ('queued', 'sending') AND status = 'sending' AND next_at <= ?1",
        vec![now.0.into()],
    )
}

/// A mail as administrators see it: without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailRow {
    /// Its id, ordered by time.
    pub(crate) id: String,
    /// Which mail it is.
    pub(crate) kind: String,
    /// Who it is to.
    pub(crate) user_id: Option<String>,
    /// The address it goes to.
    pub(crate) recipient: String,
    /// How far it is.
    pub(crate) status: MailStatus,
    /// Tries so far.
    pub(crate) attempts: i64,
    /// When it was written.
    pub(crate) created_at: Time,
    /// When it is tried, or is seen to have been cut off.
    pub(crate) next_at: Time,
    /// When it was handed over.
    pub(crate) sent_at: Option<Time>,
    /// What went wrong the last time.
    pub(crate) error: Option<String>,
}

fn read(row: &Row) -> Result<MailRow, Fault> {
    let row = Columns(row);
    Ok(MailRow {
        id: row.text("id")?,
        kind: row.text("kind")?,
        user_id: row.maybe_text("user_id")?,
        recipient: row.text("recipient")?,
        status: row.state("status")?,
        attempts: row.int("attempts")?,
        created_at: row.time("created_at")?,
        next_at: row.time("next_at")?,
        sent_at: row.maybe_time("sent_at")?,
        error: row.maybe_text("error")?,
    })
}

/// What a list is narrowed to; each `None` narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) status: Option<String>,
    /// Which mail.
    pub(crate) kind: Option<String>,
    /// The whole address, in any case.
    pub(crate) recipient: Option<String>,
}

/// A page of a tenant's mails, newest first.
pub(crate) async fn list(
    db: &dyn Database,
    tenant_id: &str,
    filter: &Filter,
    page: &Page,
) -> Result<Listed<MailRow>, Fault> {
    // Newest first: without a cursor, from behind whatever an id can be.
    let after = page.after.clone().unwrap_or_else(|| "~".into());
    let mut args = Args(vec![tenant_id.into(), after.into()]);
    let mut conditions = Vec::new();
    let recipient = filter.recipient.as_ref().map(|recipient| recipient.to_lowercase());
    let wanted = [("status", &filter.status), ("kind", &filter.kind), ("lower(recipient)", &recipient)];
    for (column, value) in wanted {
        if let Some(value) = value {
            conditions.push(format!("{column} = {}", args.place(value)));
        }
    }
    let window = Window {
        rows: "SELECT * FROM mails WHERE tenant_id = ?1 AND id < ?2 ORDER BY id DESC".into(),
        name: "mails",
        narrowed: window::all_of(&conditions),
        columns: "*",
        key: "id",
        limit: args.place(page.limit + 1),
        args: args.0,
    };
    window::list(db, window, page, read, |mail: &MailRow| mail.id.clone()).await
}

/// A mail of a tenant.
pub(crate) async fn by_id(db: &dyn Database, tenant_id: &str, id: &str) -> Result<Option<MailRow>, Fault> {
    let sql = "SELECT * FROM mails WHERE tenant_id = ?1 AND id = ?2";
    one(db, Stmt::new(sql, vec![tenant_id.into(), id.into()])).await?.first().map(read).transpose()
}

/// Days that it is kept what became of a mail.
pub(crate) const KEPT_DAYS: i64 = 30;

/// Gives up mails that are of no use any more, and forgets their content: of those whose turn it is, the ones that have waited
/// longest are looked at. (A mail that waits for a later turn is good until then.)
pub(super) fn give_up_expired(now: Time, most: i64) -> Vec<Stmt> {
    let sql = "UPDATE mails SET sealed = NULL, status = 'failed',
                      error = CASE status WHEN 'queued' THEN coalesce(error, 'expired') ELSE 'outcome unknown' END
               WHERE expires_at <= ?1 AND id IN
                 (SELECT id FROM mails WHERE status IN ('queued', 'sending') AND next_at <= ?1 ORDER BY next_at LIMIT ?2)";
    vec![Stmt::new(sql, vec![now.0.into(), most.into()]), changed()]
}

/// Forgets the content of mails that were given up, once they are of no use.
pub(super) fn forget_contents(now: Time, most: i64) -> Vec<Stmt> {
    let sql = "UPDATE mails SET sealed = NULL WHERE id IN
                 (SELECT id FROM mails WHERE status = 'failed' AND sealed IS NOT NULL AND expires_at <= ?1
                  ORDER BY expires_at LIMIT ?2)";
    vec![Stmt::new(sql, vec![now.0.into(), most.into()]), changed()]
}

/// Removes mails after [`KEPT_DAYS`]: ids are ordered by time.
pub(super) fn remove_old(now: Time, most: i64) -> Vec<Stmt> {
    let sql = "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE id < ?1 ORDER BY id LIMIT ?2)";
    let before = uuid_v7(now.plus(-KEPT_DAYS * 86_400), [0; 10]);
    vec![Stmt::new(sql, vec![before.into(), most.into()]), changed()]
}

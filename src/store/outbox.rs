//! The local outbox: mail that is kept instead of sent.

use crate::model::id::uuid_v7;
use crate::model::time::Time;
use crate::ports::{Database, Fault, Mail, Row, Stmt};
use crate::store::{Columns, changed};

/// A kept mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredMail {
    /// The sender's address.
    pub(crate) from: String,
    pub(crate) mail: Mail,
    /// When it was handed over.
    pub(crate) created_at: Time,
}

/// Keeps a mail, once.
pub fn insert(from: &str, mail: &Mail, now: Time) -> Stmt {
    Stmt::new(
        "INSERT INTO outbox (id, recipient, sender, subject, text, html, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO NOTHING",
        vec![
            (&mail.id).into(),
            mail.to.to_lowercase().into(),
            from.into(),
            (&mail.subject).into(),
            (&mail.text).into(),
            (&mail.html).into(),
            now.0.into(),
        ],
    )
}

/// A mail to an address that is still in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WaitingMail {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) recipient: String,
    /// Its content, sealed.
    pub(crate) sealed: String,
    /// When it was written.
    pub(crate) created_at: Time,
}

/// The last hundred mails to an address, newest first, and those that are on their way there.
pub(crate) async fn to(
    db: &dyn Database,
    address: &str,
) -> Result<(Vec<StoredMail>, Vec<WaitingMail>), Fault> {
    let kept = "SELECT * FROM outbox WHERE recipient = ?1 ORDER BY created_at DESC, id DESC LIMIT 100";
    let waiting = "SELECT id, tenant_id, recipient, sealed, created_at FROM mails
                   WHERE status IN ('queued', 'sending') AND sealed IS NOT NULL AND lower(recipient) = ?1";
    let ask = |sql: &str| Stmt::new(sql, vec![address.to_lowercase().into()]);
    let answers = db.run(vec![ask(kept), ask(waiting)]).await?;
    let [kept, waiting] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of two answered otherwise"));
    };
    let read_kept = |row: &Row| {
        let row = Columns(row);
        Ok(StoredMail {
            from: row.text("sender")?,
            created_at: row.time("created_at")?,
            mail: Mail {
                id: row.text("id")?,
                to: row.text("recipient")?,
                subject: row.text("subject")?,
                text: row.text("text")?,
                html: row.text("html")?,
            },
        })
    };
    let read_waiting = |row: &Row| {
        let row = Columns(row);
        Ok(WaitingMail {
            id: row.text("id")?,
            tenant_id: row.text("tenant_id")?,
            recipient: row.text("recipient")?,
            sealed: row.text("sealed")?,
            created_at: row.time("created_at")?,
        })
    };
    let kept = kept.iter().map(read_kept).collect::<Result<_, Fault>>()?;
    Ok((kept, waiting.iter().map(read_waiting).collect::<Result<_, Fault>>()?))
}

/// Removes the mail to a tenant's users; before it goes, in the same batch.
pub(crate) fn forget_tenant(tenant_id: &str) -> Stmt {
    Stmt::new(
        "DELETE FROM outbox WHERE (recipient IN (SELECT lower(email) FROM users WHERE tenant_id = ?1)
         OR id IN (SELECT id FROM mails WHERE tenant_id = ?1) OR instr(text, '/tenant/' || ?1 || '/') > 0)",
        vec![tenant_id.into()],
    )
}

/// Days that a kept mail stays.
const KEPT_DAYS: i64 = 7;

/// Removes mail that was written so long ago: ids are ordered by time.
pub(super) fn remove_old(now: Time, most: i64) -> Vec<Stmt> {
    let sql = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE id < ?1 ORDER BY id LIMIT ?2)";
    let before = uuid_v7(now.plus(-KEPT_DAYS * 86_400), [0; 10]);
    vec![Stmt::new(sql, vec![before.into(), most.into()]), changed()]
}

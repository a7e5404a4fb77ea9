//! The local outbox: mail that is kept instead of sent.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Mail, Row, Stmt};
use crate::store::{Columns, one};

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

/// The last hundred mails to an address, newest first.
pub(crate) async fn to(db: &dyn Database, address: &str) -> Result<Vec<StoredMail>, Fault> {
    let sql = "SELECT * FROM outbox WHERE recipient = ?1 ORDER BY created_at DESC, id DESC LIMIT 100";
    let read = |row: &Row| {
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
    one(db, Stmt::new(sql, vec![address.to_lowercase().into()])).await?.iter().map(read).collect()
}

/// Removes the mail to a tenant's users; before it goes, in the same batch.
pub(crate) fn forget_tenant(tenant_id: &str) -> Stmt {
    Stmt::new(
        "DELETE FROM outbox WHERE (recipient IN (SELECT lower(email) FROM users WHERE tenant_id = ?1)
         OR id IN (SELECT id FROM mails WHERE tenant_id = ?1) OR instr(text, '/tenant/' || ?1 || '/') > 0)",
        vec![tenant_id.into()],
    )
}

//! Links and codes to sign in by, which are mailed together and die together.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Stmt};
use crate::store::mail_links::kill_all;
use crate::store::users::{self, User};
use crate::store::{Columns, json_text, one};

/// As the database and limits name them.
pub(crate) const PURPOSE: &str = "magic-link";

/// A link that can be taken, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkOfUser {
    /// What is stored of it.
    pub(crate) hash: String,
    pub(crate) user: User,
}

/// What it is looked for by; links and codes as their hashes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By<'a> {
    Link(&'a str),
    /// The code beside it.
    Code {
        /// Whose it is to be.
        user_id: &'a str,
        /// What its hash can be.
        hashes: &'a [String],
    },
}

/// Makes a link with its code, if its user is there and active; their older ones are dead from now on.
pub(crate) fn insert(hash: &str, code_hash: &str, user: &User, expires_at: Time, now: Time) -> [Stmt; 2] {
    let sql = "INSERT INTO mail_links (hash, tenant_id, user_id, purpose, email_key, created_at, expires_at, code_hash)
               SELECT ?1, tenant_id, id, ?4, email_key, ?5, ?6, ?7 FROM users
               WHERE id = ?2 AND email_key = ?3 AND status = 'active'";
    let args = vec![
        hash.into(),
        (&user.id).into(),
        (&user.email_key).into(),
        PURPOSE.into(),
        now.0.into(),
        expires_at.0.into(),
        code_hash.into(),
    ];
    [kill_all(&user.id, PURPOSE, now), Stmt::new(sql, args)]
}

/// A link that can be taken.
pub(crate) async fn find(db: &dyn Database, by: By<'_>, now: Time) -> Result<Option<LinkOfUser>, Fault> {
    let (which, args) = match by {
        By::Link(link) => ("mail_links.hash = ?3", vec![PURPOSE.into(), now.0.into(), link.into()]),
        By::Code { user_id, hashes } => (
            "mail_links.user_id = ?3 AND mail_links.code_hash IN (SELECT value FROM json_each(?4))",
            vec![PURPOSE.into(), now.0.into(), user_id.into(), json_text(&hashes).into()],
        ),
    };
    let sql = format!(
        "SELECT users.*, mail_links.hash AS link_hash FROM mail_links
         JOIN users ON users.id = mail_links.user_id AND users.email_key = mail_links.email_key
         WHERE purpose = ?1 AND used_at IS NULL AND expires_at > ?2 AND {which} AND users.status = 'active'"
    );
    let rows = one(db, Stmt::new(sql, args)).await?;
    let read = |row| Ok(LinkOfUser { hash: Columns(row).text("link_hash")?, user: users::read(row)? });
    rows.first().map(read).transpose()
}

/// Takes a link and its code: of many at once, one gets it. It dies with the address it was sent to.
pub(crate) fn take(hash: &str, now: Time) -> Stmt {
    let sql = "UPDATE mail_links SET used_at = ?3 WHERE hash = ?1 AND purpose = ?2 AND used_at IS NULL AND expires_at > ?3
               AND EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.email_key = mail_links.email_key
                           AND users.status = 'active')";
    Stmt::new(sql, vec![hash.into(), PURPOSE.into(), now.0.into()])
}

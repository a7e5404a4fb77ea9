//! Links and codes to sign in by, which are mailed together and die together.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::mail_links::kill_all;
use crate::store::users::{self, User};
use crate::store::{Columns, one};

/// As the database and limits name them.
pub(crate) const PURPOSE: &str = "magic-link";

/// A link that can be taken, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkOfUser {
    /// What is stored of it.
    pub(crate) hash: String,
    pub(crate) user: User,
}

/// A code that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailedCode {
    /// What is stored of the link that it stands beside.
    pub(crate) hash: String,
    /// What is stored of the code.
    pub(crate) code_hash: String,
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

/// A link that can be taken, by its hash.
pub(crate) async fn find(db: &dyn Database, hash: &str, now: Time) -> Result<Option<LinkOfUser>, Fault> {
    let sql = "SELECT users.*, mail_links.hash AS link_hash FROM mail_links
         JOIN users ON users.id = mail_links.user_id AND users.email_key = mail_links.email_key
         WHERE purpose = ?1 AND used_at IS NULL AND expires_at > ?2 AND mail_links.hash = ?3
           AND users.status = 'active'";
    let rows = one(db, Stmt::new(sql, vec![PURPOSE.into(), now.0.into(), hash.into()])).await?;
    let read = |row| Ok(LinkOfUser { hash: Columns(row).text("link_hash")?, user: users::read(row)? });
    rows.first().map(read).transpose()
}

/// Whose an address is, with the codes that were mailed to it and can be taken, in one round trip.
pub(crate) async fn of_address(
    db: &dyn Database,
    directory: &str,
    email_key: &str,
    now: Time,
) -> Result<Option<(User, Vec<MailedCode>)>, Fault> {
    let sql = "SELECT hash, code_hash FROM mail_links
         WHERE purpose = ?3 AND used_at IS NULL AND expires_at > ?4 AND code_hash IS NOT NULL AND email_key = ?2
           AND user_id = (SELECT id FROM users WHERE directory = ?1 AND email_key = ?2 AND status = 'active')";
    let args = vec![directory.into(), email_key.into(), PURPOSE.into(), now.0.into()];
    let answers = db.run(vec![users::with_email(directory, email_key), Stmt::new(sql, args)]).await?;
    let [users, codes] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of two answered otherwise"));
    };
    let Some(user) = users.first() else { return Ok(None) };
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(MailedCode { hash: row.text("hash")?, code_hash: row.text("code_hash")? })
    };
    Ok(Some((users::read(user)?, codes.iter().map(read).collect::<Result<_, Fault>>()?)))
}

/// Takes a link and its code: of many at once, one gets it. It dies with the address it was sent to.
pub(crate) fn take(hash: &str, now: Time) -> Stmt {
    let sql = "UPDATE mail_links SET used_at = ?3 WHERE hash = ?1 AND purpose = ?2 AND used_at IS NULL AND expires_at > ?3
               AND EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.email_key = mail_links.email_key
                           AND users.status = 'active')";
    Stmt::new(sql, vec![hash.into(), PURPOSE.into(), now.0.into()])
}

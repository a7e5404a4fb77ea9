//! Links that were mailed: one purpose, one use.

use crate::model::state::LinkPurpose;
use crate::model::time::Time;
use crate::ports::{Database, Fault, Stmt};
use crate::store::users::{self, User};
use crate::store::{Columns, one};

/// What a link stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The user's tenant.
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    /// The address that it was sent to.
    pub(crate) email_key: String,
    /// The password that becomes the user's when the link is confirmed: the one that its registration asked
    /// for, so that nobody's earlier registration of the address can leave theirs.
    pub(crate) password_hash: Option<String>,
    /// The name that goes with it.
    pub(crate) name: Option<String>,
    /// What it is good for.
    pub(crate) purpose: LinkPurpose,
}

/// Makes a link, if its user is there; their older ones of that purpose are dead from now on.
pub(crate) fn insert(hash: &str, link: &Link, expires_at: Time, now: Time) -> [Stmt; 2] {
    [
        kill(&link.user_id, link.purpose, now),
        Stmt::new(
            "INSERT INTO mail_links (hash, tenant_id, user_id, purpose, email_key, created_at, expires_at,
                                     password_hash, name)
             SELECT ?1, ?2, id, ?4, ?5, ?6, ?7, ?8, ?9 FROM users WHERE id = ?3",
            vec![
                hash.into(),
                (&link.tenant_id).into(),
                (&link.user_id).into(),
                link.purpose.as_str().into(),
                (&link.email_key).into(),
                now.0.into(),
                expires_at.0.into(),
                link.password_hash.clone().into(),
                link.name.clone().into(),
            ],
        ),
    ]
}

/// Makes a user's links of that purpose dead.
pub(crate) fn kill(user_id: &str, purpose: LinkPurpose, now: Time) -> Stmt {
    kill_all(user_id, purpose.as_str(), now)
}

/// The same for whatever is mailed.
pub(super) fn kill_all(user_id: &str, purpose: &str, now: Time) -> Stmt {
    let sql = "UPDATE mail_links SET used_at = ?3 WHERE user_id = ?1 AND purpose = ?2 AND used_at IS NULL";
    Stmt::new(sql, vec![user_id.into(), purpose.into(), now.0.into()])
}

/// A link of one of two purposes that is good: an invitation as long as the account has no password.
const GOOD: &str = "hash = ?1 AND purpose IN (?2, ?3) AND used_at IS NULL AND expires_at > ?4
     AND (purpose <> 'invitation'
          OR EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.password_hash IS NULL))";

fn good(sql: &str, hash: &str, [one, other]: [LinkPurpose; 2], now: Time) -> Stmt {
    Stmt::new(
        sql.replace("{GOOD}", GOOD),
        vec![hash.into(), one.as_str().into(), other.as_str().into(), now.0.into()],
    )
}

/// The tenant of a link that could still be taken.
pub(crate) async fn tenant_of(
    db: &dyn Database,
    hash: &str,
    purposes: [LinkPurpose; 2],
    now: Time,
) -> Result<Option<String>, Fault> {
    let sql = "SELECT tenant_id FROM mail_links WHERE {GOOD}";
    let rows = one(db, good(sql, hash, purposes, now)).await?;
    rows.first().map(|row| Columns(row).text("tenant_id")).transpose()
}

/// The user of a link that could still be taken.
pub(crate) async fn owner_of(
    db: &dyn Database,
    hash: &str,
    purposes: [LinkPurpose; 2],
    now: Time,
) -> Result<Option<User>, Fault> {
    let sql = "SELECT users.* FROM users
               WHERE id = (SELECT user_id FROM mail_links WHERE {GOOD})";
    let rows = one(db, good(sql, hash, purposes, now)).await?;
    rows.first().map(users::read).transpose()
}

/// The address of a link that could still be taken, as its user wrote it, and the link's purpose.
pub(crate) async fn address_of(
    db: &dyn Database,
    hash: &str,
    purposes: [LinkPurpose; 2],
    now: Time,
) -> Result<Option<(String, LinkPurpose)>, Fault> {
    let sql =
        "SELECT users.email, mail_links.purpose FROM mail_links JOIN users ON users.id = mail_links.user_id
               WHERE users.email_key = mail_links.email_key AND {GOOD}";
    let rows = one(db, good(sql, hash, purposes, now)).await?;
    let Some(row) = rows.first().map(Columns) else { return Ok(None) };
    Ok(Some((row.text("email")?, row.state("purpose")?)))
}

/// The password and the name that the last link of a user's carries, if it carries any.
pub(crate) async fn wanted_by_last(
    db: &dyn Database,
    user_id: &str,
    purpose: LinkPurpose,
) -> Result<Option<(String, Option<String>)>, Fault> {
    let sql = "SELECT password_hash, name FROM mail_links WHERE user_id = ?1 AND purpose = ?2
               AND password_hash IS NOT NULL ORDER BY created_at DESC, rowid DESC LIMIT 1";
    let rows = one(db, Stmt::new(sql, vec![user_id.into(), purpose.as_str().into()])).await?;
    let Some(row) = rows.first().map(Columns) else { return Ok(None) };
    Ok(Some((row.text("password_hash")?, row.maybe_text("name")?)))
}

/// The tenant of a link that is dead because its user's address, to which it was sent, is confirmed.
pub(crate) async fn tenant_of_confirmed(
    db: &dyn Database,
    hash: &str,
    purpose: LinkPurpose,
) -> Result<Option<String>, Fault> {
    let sql = "SELECT mail_links.tenant_id FROM mail_links JOIN users ON users.id = mail_links.user_id
               WHERE mail_links.hash = ?1 AND mail_links.purpose = ?2 AND mail_links.used_at IS NOT NULL
               AND users.email_key = mail_links.email_key AND users.email_verified";
    let rows = one(db, Stmt::new(sql, vec![hash.into(), purpose.as_str().into()])).await?;
    rows.first().map(|row| Columns(row).text("tenant_id")).transpose()
}

/// Takes a link of one of these purposes: of many at once, one gets it. It dies with the address it was sent to.
pub(crate) async fn take(
    db: &dyn Database,
    hash: &str,
    purposes: [LinkPurpose; 2],
    now: Time,
) -> Result<Option<Link>, Fault> {
    let sql = "UPDATE mail_links SET used_at = ?4 WHERE {GOOD}
         AND EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.email_key = mail_links.email_key
                     AND users.status = 'active')
         RETURNING tenant_id, user_id, email_key, password_hash, name, purpose";
    let rows = one(db, good(sql, hash, purposes, now)).await?;
    let Some(row) = rows.first().map(Columns) else { return Ok(None) };
    Ok(Some(Link {
        tenant_id: row.text("tenant_id")?,
        user_id: row.text("user_id")?,
        email_key: row.text("email_key")?,
        password_hash: row.maybe_text("password_hash")?,
        name: row.maybe_text("name")?,
        purpose: row.state("purpose")?,
    }))
}

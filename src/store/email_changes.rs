//! Changes of address that wait for both mailboxes.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Stmt};
use crate::store::users::{self, User};
use crate::store::{Columns, one, user_words};

/// A change's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmailChange {
    pub(crate) id: String,
    /// The address that it is to be, as shown.
    pub(crate) new_email: String,
    /// The same as compared.
    pub(crate) new_email_key: String,
    /// Of the link that was mailed to the address before.
    pub(crate) old_hash: String,
    /// Of the link that was mailed to the new one.
    pub(crate) new_hash: String,
    /// Until when it waits.
    pub(crate) expires_at: Time,
}

/// A change that waits, as one of its links finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PendingEmailChange {
    pub(crate) id: String,
    /// The user, with the address before.
    pub(crate) user: User,
    /// The address that it is to be.
    pub(crate) new_email: String,
    /// Whether the link is the one that was mailed to the new address.
    pub(crate) is_new: bool,
}

/// Makes a change, in the place of any that the user waits for.
pub(crate) fn insert(change: &EmailChange, user: &User, now: Time) -> [Stmt; 2] {
    let sql = "INSERT INTO email_changes (id, tenant_id, user_id, email_key, new_email, new_email_key, old_hash, new_hash,
                                          created_at, expires_at)
               SELECT ?1, tenant_id, id, email_key, ?4, ?5, ?6, ?7, ?8, ?9 FROM users
               WHERE id = ?2 AND email_key = ?3 AND status = 'active'";
    let args = vec![
        (&change.id).into(),
        (&user.id).into(),
        (&user.email_key).into(),
        (&change.new_email).into(),
        (&change.new_email_key).into(),
        (&change.old_hash).into(),
        (&change.new_hash).into(),
        now.0.into(),
        change.expires_at.0.into(),
    ];
    let older = "UPDATE email_changes SET expires_at = ?2 WHERE user_id = ?1 AND done_at IS NULL";
    [Stmt::new(older, vec![(&user.id).into(), now.0.into()]), Stmt::new(sql, args)]
}

/// Whether the change that a link belongs to is done.
pub(crate) async fn is_done(db: &dyn Database, tenant_id: &str, hash: &str) -> Result<bool, Fault> {
    let sql = "SELECT id FROM email_changes
               WHERE (old_hash = ?1 OR new_hash = ?1) AND tenant_id = ?2 AND done_at IS NOT NULL";
    Ok(!one(db, Stmt::new(sql, vec![hash.into(), tenant_id.into()])).await?.is_empty())
}

/// A link that was not followed yet, of a change that waits: it dies with the address before.
const WAITS: &str = "email_changes.done_at IS NULL AND email_changes.expires_at > ?2
                     AND ((old_hash = ?1 AND old_confirmed_at IS NULL) OR (new_hash = ?1 AND new_confirmed_at IS NULL))
                     AND EXISTS (SELECT 1 FROM users WHERE users.id = email_changes.user_id
                                 AND users.email_key = email_changes.email_key AND users.status = 'active')";

/// The change that a link belongs to.
pub(crate) async fn find(
    db: &dyn Database,
    hash: &str,
    now: Time,
) -> Result<Option<PendingEmailChange>, Fault> {
    let sql = format!(
        "SELECT users.*, email_changes.id AS change_id, new_email, new_hash = ?1 AS is_new
         FROM email_changes JOIN users ON users.id = email_changes.user_id WHERE {WAITS}"
    );
    let rows = one(db, Stmt::new(sql, vec![hash.into(), now.0.into()])).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let user = users::read(row)?;
    let row = Columns(row);
    let (id, new_email, is_new) = (row.text("change_id")?, row.text("new_email")?, row.flag("is_new")?);
    Ok(Some(PendingEmailChange { id, user, new_email, is_new }))
}

/// Whether whoever has the address before agreed; one that nobody proved is not asked, as long as nobody did.
const OLD_AGREES: &str = "(old_confirmed_at IS NOT NULL OR EXISTS (
                            SELECT 1 FROM users WHERE users.id = email_changes.user_id AND NOT users.email_verified))";

/// Follows a link: of many at once, one does.
pub(crate) fn confirm(hash: &str, now: Time) -> Stmt {
    let sql = format!(
        "UPDATE email_changes SET old_confirmed_at = CASE WHEN old_hash = ?1 THEN ?2 ELSE old_confirmed_at END,
                                  new_confirmed_at = CASE WHEN new_hash = ?1 THEN ?2 ELSE new_confirmed_at END
         WHERE {WAITS} RETURNING {OLD_AGREES} AND new_confirmed_at IS NOT NULL AS both_confirmed"
    );
    Stmt::new(sql, vec![hash.into(), now.0.into()])
}

/// Changes the address once both agreed, unless it is taken. `user` is whose it is, with the address
/// before, and `new_email` what it is to be.
pub(crate) fn apply(id: &str, user: &User, new_email: &str, now: Time) -> Stmt {
    let name = user.name.as_deref();
    let words = user_words::json(&new_email.to_ascii_lowercase(), name);
    let both = format!("id = ?1 AND done_at IS NULL AND {OLD_AGREES} AND new_confirmed_at IS NOT NULL");
    let sql = format!(
        "UPDATE OR IGNORE users SET email_verified = 1, proved = 1,
                email = (SELECT new_email FROM email_changes WHERE id = ?1),
                email_key = (SELECT new_email_key FROM email_changes WHERE id = ?1),
                words = CASE WHEN name IS ?2 THEN ?3 ELSE NULL END, updated_at = ?4
         WHERE (id, email_key) IN (SELECT user_id, email_key FROM email_changes WHERE {both})"
    );
    Stmt::new(sql, vec![id.into(), name.into(), words.into(), now.0.into()])
}

/// Notes that it is done.
pub(crate) fn done(id: &str, now: Time) -> Stmt {
    Stmt::new("UPDATE email_changes SET done_at = ?2 WHERE id = ?1", vec![id.into(), now.0.into()])
}

/// Makes everything dead that was mailed to a user's address before.
pub(crate) fn kill_links(user_id: &str, now: Time) -> Stmt {
    let sql = "UPDATE mail_links SET used_at = ?2 WHERE user_id = ?1 AND used_at IS NULL";
    Stmt::new(sql, vec![user_id.into(), now.0.into()])
}

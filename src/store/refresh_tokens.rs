//! Refresh tokens: a family a session, each token spent once.

use crate::model::time::Time;
use crate::ports::{Db, Fault, Stmt};
use crate::store::{Columns, one};

/// A token as it stands after an attempt to spend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The family.
    pub session_id: String,
    /// The tenant.
    pub tenant_id: String,
    /// When the token ends.
    pub expires_at: Time,
    /// When it was spent: now, or before.
    pub used_at: Option<Time>,
    /// Who spent it.
    pub used_by: Option<String>,
    /// Whether this call spent it.
    pub by_this_call: bool,
    /// Whether its successor has been spent as well.
    pub successor_spent: bool,
}

/// Adds a token to a family that exists.
pub fn insert(hash: &str, session_id: &str, tenant_id: &str, expires_at: Time, now: Time) -> Stmt {
    Stmt::new(
        "INSERT INTO refresh_tokens (hash, session_id, tenant_id, created_at, expires_at)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?2)",
        vec![hash.into(), session_id.into(), tenant_id.into(), now.0.into(), expires_at.0.into()],
    )
}

/// What [`spend`] is asked to do.
pub struct Spend<'a> {
    /// The presented token's hash.
    pub hash: &'a str,
    /// Its successor's hash.
    pub successor: &'a str,
    /// When the successor ends.
    pub successor_expires_at: Time,
    /// Who asks.
    pub by: &'a str,
    /// The tenants whose tokens may be spent here: those of this directory.
    pub directory: &'a str,
    /// Now.
    pub now: Time,
}

/// Spends a token and adds its successor, in one atomic batch: of many at once, one spends it. `None` if
/// there is no such token in the directory.
pub async fn spend(db: &dyn Db, spend: &Spend<'_>) -> Result<Option<Spent>, Fault> {
    let Spend { hash, successor, successor_expires_at, by, directory, now } = spend;
    let in_directory = "tenant_id IN (SELECT id FROM tenants WHERE directory = ?2)";
    let take = Stmt::new(
        format!(
            "UPDATE refresh_tokens SET used_at = ?3, used_by = ?4
             WHERE hash = ?1 AND {in_directory} AND used_at IS NULL AND expires_at > ?3
             AND EXISTS (SELECT 1 FROM sessions JOIN users ON users.id = sessions.user_id
                         WHERE sessions.id = refresh_tokens.session_id AND sessions.ended_at IS NULL
                         AND users.status = 'active')
             RETURNING hash"
        ),
        vec![(*hash).into(), (*directory).into(), now.0.into(), (*by).into()],
    );
    // Only after a take is there a used token without a successor: the insert needs no other condition.
    let succeed = Stmt::new(
        "INSERT INTO refresh_tokens (hash, session_id, tenant_id, created_at, expires_at)
         SELECT ?2, session_id, tenant_id, ?3, ?4 FROM refresh_tokens WHERE hash = ?1 AND used_at = ?3
         ON CONFLICT DO NOTHING",
        vec![(*hash).into(), (*successor).into(), now.0.into(), successor_expires_at.0.into()],
    );
    let look = Stmt::new(
        format!(
            "SELECT *, EXISTS (SELECT 1 FROM refresh_tokens next WHERE next.hash = ?3 AND next.used_at IS NOT NULL)
                       AS successor_spent
             FROM refresh_tokens WHERE hash = ?1 AND {in_directory}"
        ),
        vec![(*hash).into(), (*directory).into(), (*successor).into()],
    );
    let answers = db.run(vec![take, succeed, look]).await?;
    let [taken, _, looked] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of three answered otherwise"));
    };
    let Some(row) = looked.first() else { return Ok(None) };
    let row = Columns(row);
    Ok(Some(Spent {
        session_id: row.text("session_id")?,
        tenant_id: row.text("tenant_id")?,
        expires_at: row.time("expires_at")?,
        used_at: row.maybe_time("used_at")?,
        used_by: row.maybe_text("used_by")?,
        by_this_call: !taken.is_empty(),
        successor_spent: row.flag("successor_spent")?,
    }))
}

/// Whose a token is.
pub struct Owner {
    /// The family.
    pub session_id: String,
    /// The tenant.
    pub tenant_id: String,
    /// The user.
    pub user_id: String,
}

/// Whose a token of a directory is, whether it is spent or not.
pub async fn owner_of(db: &dyn Db, hash: &str, directory: &str) -> Result<Option<Owner>, Fault> {
    let sql = "SELECT sessions.id, sessions.tenant_id, sessions.user_id
               FROM refresh_tokens JOIN sessions ON sessions.id = refresh_tokens.session_id
               WHERE refresh_tokens.hash = ?1 AND sessions.tenant_id IN (SELECT id FROM tenants WHERE directory = ?2)";
    let rows = one(db, Stmt::new(sql, vec![hash.into(), directory.into()])).await?;
    let Some(row) = rows.first().map(Columns) else { return Ok(None) };
    Ok(Some(Owner {
        session_id: row.text("id")?,
        tenant_id: row.text("tenant_id")?,
        user_id: row.text("user_id")?,
    }))
}

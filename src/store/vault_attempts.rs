//! Connections that are being made at a provider.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::{Columns, one};

/// A connection that is being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The hash of the state that was sent.
    pub(crate) state_hash: String,
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    /// The session that began it, and must end it.
    pub(crate) session_id: String,
    pub(crate) provider_id: String,
    pub(crate) label: String,
    /// The PKCE verifier.
    pub(crate) sealed: String,
    pub(crate) redirect_uri: String,
    /// The app that a browser without the session is sent back to; empty for none.
    pub(crate) origin: String,
    /// What was asked for, separated by spaces.
    pub(crate) scopes: String,
    pub(crate) expires_at: Time,
}

fn read(row: &Row) -> Result<Attempt, Fault> {
    let row = Columns(row);
    Ok(Attempt {
        state_hash: row.text("state_hash")?,
        tenant_id: row.text("tenant_id")?,
        user_id: row.text("user_id")?,
        session_id: row.text("session_id")?,
        provider_id: row.text("provider_id")?,
        label: row.text("label")?,
        sealed: row.text("sealed")?,
        redirect_uri: row.text("redirect_uri")?,
        origin: row.text("origin")?,
        scopes: row.text("scopes")?,
        expires_at: row.time("expires_at")?,
    })
}

/// Writes one down, if its session is live and has not begun more than so many.
pub(crate) async fn insert(
    db: &dyn Database,
    attempt: &Attempt,
    most: i64,
    now: Time,
) -> Result<bool, Fault> {
    let sql = "INSERT INTO vault_attempts
           (state_hash, tenant_id, user_id, session_id, provider_id, label, sealed, redirect_uri, origin, scopes, expires_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
         WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?4 AND user_id = ?3 AND ended_at IS NULL AND expires_at > ?12)
         AND (SELECT count(*) FROM vault_attempts WHERE user_id = ?3 AND expires_at > ?12) < ?13
         RETURNING state_hash";
    let args: Vec<Arg> = vec![
        (&attempt.state_hash).into(),
        (&attempt.tenant_id).into(),
        (&attempt.user_id).into(),
        (&attempt.session_id).into(),
        (&attempt.provider_id).into(),
        (&attempt.label).into(),
        (&attempt.sealed).into(),
        (&attempt.redirect_uri).into(),
        (&attempt.origin).into(),
        (&attempt.scopes).into(),
        attempt.expires_at.0.into(),
        now.0.into(),
        most.into(),
    ];
    Ok(!one(db, Stmt::new(sql, args)).await?.is_empty())
}

/// Who comes back with a state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Returning<'a> {
    pub(crate) state_hash: &'a str,
    pub(crate) tenant_id: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) session_id: &'a str,
    /// The provider that the address names, if it names one.
    pub(crate) provider_id: Option<&'a str>,
}

/// Takes the one of this state: of many at the same time, one gets it, and only in the live session that began it.
pub(crate) async fn take(
    db: &dyn Database,
    returning: &Returning<'_>,
    now: Time,
) -> Result<Option<Attempt>, Fault> {
    let sql = "DELETE FROM vault_attempts
               WHERE state_hash = ?1 AND tenant_id = ?2 AND user_id = ?3 AND session_id = ?4
               AND (?5 IS NULL OR provider_id = ?5) AND expires_at > ?6
               AND EXISTS (SELECT 1 FROM sessions JOIN users ON users.id = sessions.user_id
                           WHERE sessions.id = ?4 AND sessions.user_id = ?3 AND sessions.ended_at IS NULL
                           AND sessions.expires_at > ?6 AND users.status = 'active')
               RETURNING *";
    let args: Vec<Arg> = vec![
        returning.state_hash.into(),
        returning.tenant_id.into(),
        returning.user_id.into(),
        returning.session_id.into(),
        returning.provider_id.into(),
        now.0.into(),
    ];
    one(db, Stmt::new(sql, args)).await?.first().map(read).transpose()
}

/// The app that a browser is sent back to which comes from a provider without the session that began; `None` if there is no
/// such attempt.
pub(crate) async fn origin_of(
    db: &dyn Database,
    state_hash: &str,
    tenant_id: &str,
    provider_id: &str,
    now: Time,
) -> Result<Option<String>, Fault> {
    let sql = "SELECT origin FROM vault_attempts
               WHERE state_hash = ?1 AND tenant_id = ?2 AND provider_id = ?3 AND expires_at > ?4";
    let args = vec![state_hash.into(), tenant_id.into(), provider_id.into(), now.0.into()];
    one(db, Stmt::new(sql, args)).await?.first().map(|row| Columns(row).text("origin")).transpose()
}

/// Forgets those of a provider, which nobody can end any more.
pub(crate) fn delete_of_provider(tenant_id: &str, provider_id: &str) -> Stmt {
    let sql = "DELETE FROM vault_attempts WHERE tenant_id = ?1 AND provider_id = ?2";
    Stmt::new(sql, vec![tenant_id.into(), provider_id.into()])
}

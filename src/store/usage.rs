//! Monthly active users: who signed in or refreshed a token in a calendar month (UTC), counted once.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, Listed, Page, one};

/// How many were active in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Month {
    /// As `2026-05`.
    pub(crate) month: String,
    /// Users with a login or refresh.
    pub(crate) users: i64,
}

/// Counts a user who was not seen yet this month. [`mark`], or a login, comes after it in the same batch.
pub(crate) fn count(user_id: &str, now: Time) -> Stmt {
    let sql = "INSERT INTO counted_users (tenant_id, month, users)
               SELECT tenant_id, ?2, 1 FROM users WHERE id = ?1 AND active_month IS NOT ?2
               ON CONFLICT (tenant_id, month) DO UPDATE SET users = users + 1";
    Stmt::new(sql, vec![user_id.into(), now.month().into()])
}

/// Notes that a user was seen this month; a second time writes nothing.
pub(crate) fn mark(user_id: &str, now: Time) -> Stmt {
    let sql = "UPDATE users SET active_month = ?2 WHERE id = ?1 AND active_month IS NOT ?2";
    Stmt::new(sql, vec![user_id.into(), now.month().into()])
}

/// The same two for the user of a session that has just begun.
pub(crate) fn note_user_of(session_id: &str, now: Time) -> [Stmt; 2] {
    let user = "(SELECT user_id FROM sessions WHERE sessions.id = ?1)";
    [count(session_id, now), mark(session_id, now)]
        .map(|stmt| Stmt::new(stmt.sql.replace("WHERE id = ?1", &format!("WHERE id = {user}")), stmt.args))
}

/// A page of a tenant's months, newest first.
pub(crate) async fn list(db: &dyn Database, tenant_id: &str, page: &Page) -> Result<Listed<Month>, Fault> {
    let sql = "SELECT month, users FROM counted_users WHERE tenant_id = ?1 AND (?2 IS NULL OR month < ?2)
               ORDER BY month DESC LIMIT ?3";
    let args = vec![tenant_id.into(), page.after.clone().into(), (page.limit + 1).into()];
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(Month { month: row.text("month")?, users: row.int("users")? })
    };
    let items = one(db, Stmt::new(sql, args)).await?.iter().map(read).collect::<Result<_, Fault>>()?;
    Ok(page.cut(items, |month: &Month| month.month.clone()))
}

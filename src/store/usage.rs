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

/// Notes that a user was active; a second time in a month writes nothing.
pub(crate) fn seen(tenant_id: &str, user_id: &str, now: Time) -> Stmt {
    let sql = "INSERT OR IGNORE INTO active_users (tenant_id, month, user_id) SELECT ?1, ?2, ?3 WHERE TRUE";
    Stmt::new(sql, vec![tenant_id.into(), now.month().into(), user_id.into()])
}

/// Keeps a user's part of the counts when the user goes; before it, in the same batch.
pub(crate) fn keep_count_of(user_id: &str) -> Stmt {
    Stmt::new(
        "INSERT INTO counted_users (tenant_id, month, users)
         SELECT tenant_id, month, 1 FROM active_users WHERE user_id = ?1
         ON CONFLICT (tenant_id, month) DO UPDATE SET users = users + 1",
        vec![user_id.into()],
    )
}

/// Turns who was active in the months before this one into how many.
pub(crate) fn close_months_before(month: &str) -> [Stmt; 2] {
    [
        Stmt::new(
            "INSERT INTO counted_users (tenant_id, month, users)
             SELECT tenant_id, month, count(*) FROM active_users WHERE month < ?1 GROUP BY tenant_id, month
             ON CONFLICT (tenant_id, month) DO UPDATE SET users = users + excluded.users",
            vec![month.into()],
        ),
        Stmt::new("DELETE FROM active_users WHERE month < ?1", vec![month.into()]),
    ]
}

/// A page of a tenant's months, newest first.
pub(crate) async fn list(db: &dyn Database, tenant_id: &str, page: &Page) -> Result<Listed<Month>, Fault> {
    let sql = "SELECT month, sum(users) AS users FROM
                 (SELECT month, 1 AS users FROM active_users WHERE tenant_id = ?1
                  UNION ALL SELECT month, users FROM counted_users WHERE tenant_id = ?1)
               WHERE ?2 IS NULL OR month < ?2 GROUP BY month ORDER BY month DESC LIMIT ?3";
    let args = vec![tenant_id.into(), page.after.clone().into(), (page.limit + 1).into()];
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(Month { month: row.text("month")?, users: row.int("users")? })
    };
    let items = one(db, Stmt::new(sql, args)).await?.iter().map(read).collect::<Result<_, Fault>>()?;
    Ok(page.cut(items, |month: &Month| month.month.clone()))
}

//! How many sign-ins a tenant had on each day. Triggers count them as the log is written.

use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, one};

/// The sign-ins of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SignInDay {
    /// Days since 1970.
    pub(crate) day: i64,
    pub(crate) succeeded: i64,
    pub(crate) failed: i64,
}

/// A tenant's days with a sign-in, from one on, the oldest first.
pub(crate) async fn since(db: &dyn Database, tenant_id: &str, first: i64) -> Result<Vec<SignInDay>, Fault> {
    let sql =
        "SELECT day, succeeded, failed FROM sign_in_days WHERE tenant_id = ?1 AND day >= ?2 ORDER BY day";
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(SignInDay { day: row.int("day")?, succeeded: row.int("succeeded")?, failed: row.int("failed")? })
    };
    one(db, Stmt::new(sql, vec![tenant_id.into(), first.into()])).await?.iter().map(read).collect()
}

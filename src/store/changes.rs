//! The change feed, whose rows the triggers of `migrations/0044_changes.sql` write.

use crate::model::change::Change;
use crate::model::time::Time;
use crate::ports::{Arg, Fault, Row, Stmt};
use crate::store::Columns;
use crate::store::tenant_ref::TenantRef;

/// Changes that one question answers at most. Who missed more forgets all.
pub(crate) const MOST_AT_ONCE: usize = 1_000;

/// Asks for the newest change of all.
pub(crate) fn position() -> Stmt {
    Stmt::new("SELECT coalesce(max(seq), 0) AS seq FROM changes", Vec::new())
}

/// What [`position`] answers.
pub(crate) fn read_position(rows: &[Row]) -> Result<i64, Fault> {
    rows.first().map_or(Ok(0), |row| Columns(row).int("seq"))
}

fn limit(most: usize) -> Arg {
    i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1).into()
}

/// Asks for the changes of a tenant after one; one more than [`MOST_AT_ONCE`] where there are more.
pub(crate) fn after(tenant_id: &str, position: i64) -> Stmt {
    let sql = "SELECT seq, kind, id, at FROM changes WHERE tenant_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    Stmt::new(sql, vec![tenant_id.into(), position.into(), limit(MOST_AT_ONCE)])
}

/// Asks for the latest changes of a tenant, the newest first, back to then; one more than `most` where there are more.
pub(crate) fn since(tenant: &TenantRef, at: Time, most: usize) -> Stmt {
    let mut args = tenant.args.clone();
    let [at_place, limit_place] = [args.len() + 1, args.len() + 2];
    args.extend([at.0.into(), limit(most)]);
    let sql = format!(
        "SELECT seq, kind, id, at FROM changes WHERE tenant_id = {} AND at >= ?{at_place} ORDER BY seq DESC LIMIT ?{limit_place}",
        tenant.sql
    );
    Stmt::new(sql, args)
}

/// What [`after`] and [`since`] answer.
pub(crate) fn read(rows: &[Row]) -> Result<Vec<Change>, Fault> {
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(Change { seq: row.int("seq")?, kind: row.text("kind")?, id: row.text("id")?, at: row.time("at")? })
    };
    rows.iter().map(read).collect()
}

/// Seconds that a change is kept: longer than anything is remembered without hearing of it, and than access tokens are
/// believed without a look-up.
const KEPT_SECONDS: i64 = 5_400;

/// Removes the oldest changes once they are older than [`KEPT_SECONDS`]; never the newest of all, so that an isolate which
/// knows it sees that the table goes on from there.
pub(super) fn remove_old(now: Time, most: i64) -> Vec<Stmt> {
    let sql = "DELETE FROM changes WHERE at < ?1 AND seq < (SELECT max(seq) FROM changes)
               AND seq <= (SELECT max(seq) FROM (SELECT seq FROM changes ORDER BY seq LIMIT ?2))";
    let delete = Stmt::new(sql, vec![now.plus(-KEPT_SECONDS).0.into(), most.into()]);
    // Where some went, there may be more.
    vec![delete, Stmt::new("SELECT changes() * ?1 AS n", vec![most.into()])]
}

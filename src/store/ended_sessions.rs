//! The removal of sessions that are over, in pieces.

use crate::model::time::Time;
use crate::ports::{Arg, Stmt};
use crate::store::changed;

/// Seconds that a session is kept after its end.
const KEPT: i64 = 86_400;

/// Of those that are to be looked at, removes the ones that expired, and puts the others off until they do: their end moved.
pub(super) fn remove_expired(now: Time, most: i64) -> Vec<Stmt> {
    let due = "rowid IN (SELECT rowid FROM sessions WHERE due_at < ?1 ORDER BY due_at LIMIT ?2)";
    let put_off = format!("UPDATE sessions SET due_at = expires_at WHERE {due} AND expires_at >= ?1");
    let over = format!("{due} AND expires_at < ?1");
    let left = "SELECT CASE WHEN EXISTS (SELECT 1 FROM sessions WHERE due_at < ?1) THEN ?2 ELSE 0 END AS n";
    let args = args(now, most);
    vec![
        Stmt::new(put_off, args.clone()),
        note_use(&over, args.clone()),
        Stmt::new(format!("DELETE FROM sessions WHERE {over}"), args.clone()),
        Stmt::new(left, args),
    ]
}

/// Removes sessions that were ended.
pub(super) fn remove_ended(now: Time, most: i64) -> Vec<Stmt> {
    let over = "rowid IN (SELECT rowid FROM sessions WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2)";
    let args = args(now, most);
    let delete = Stmt::new(format!("DELETE FROM sessions WHERE {over}"), args.clone());
    vec![note_use(over, args), delete, changed()]
}

fn args(now: Time, most: i64) -> Vec<Arg> {
    vec![now.plus(-KEPT).0.into(), most.into()]
}

/// Notes when the clients that registered themselves were last used, as far as the sessions tell for which that holds.
fn note_use(over: &str, args: Vec<Arg>) -> Stmt {
    let sql = format!(
        "UPDATE clients SET used_at = ended.last FROM
           (SELECT client_id, max(seen_at) AS last FROM sessions WHERE {over} AND client_id IS NOT NULL
            GROUP BY client_id) AS ended
         WHERE clients.id = ended.client_id AND registration_hash IS NOT NULL AND ended.last > coalesce(used_at, 0)"
    );
    Stmt::new(sql, args)
}

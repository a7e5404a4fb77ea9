//! The session that a browser held when another begins in it: the same person's is adopted, with what was granted in
//! it; another's ends.

use crate::model::time::Time;
use crate::ports::{Arg, Stmt};
use crate::store::logout_deliveries::owe;
use crate::store::sessions::with_grants;

/// The session that begins.
pub(crate) struct Next<'a> {
    pub(crate) id: &'a str,
    pub(crate) user_id: &'a str,
}

const LIVE: &str = "SELECT id FROM sessions WHERE cookie_hash = ?2 AND ended_at IS NULL AND id <> ?3";

fn args(cookie_hash: &str, next: &Next<'_>) -> Vec<Arg> {
    vec![cookie_hash.into(), next.id.into(), next.user_id.into()]
}

/// What was granted in the same person's session goes on in the next one, codes and devices that wait included; the
/// last statement ends it.
pub(crate) fn adopt(cookie_hash: &str, next: &Next<'_>, now: Time) -> [Stmt; 4] {
    let own = format!("{LIVE} AND user_id = ?4");
    let all = || {
        let mut all: Vec<Arg> = vec![now.0.into()];
        all.extend(args(cookie_hash, next));
        all
    };
    let moved = |table: &str, column: &str| {
        Stmt::new(format!("UPDATE {table} SET {column} = ?3 WHERE {column} = ({own})"), all())
    };
    [
        moved("sessions", "parent_id"),
        moved("authorization_codes", "session_id"),
        moved("device_codes", "session_id"),
        Stmt::new(format!("UPDATE sessions SET ended_at = ?1 WHERE id = ({own})"), all()),
    ]
}

/// Another person's session ends, with what was granted in it but for offline access. The first statement notes which
/// clients are to be told; the second ends, and answers whose they were.
pub(crate) fn end_anothers(cookie_hash: &str, next: &Next<'_>, now: Time) -> [Stmt; 2] {
    let anothers = format!("{LIVE} AND user_id <> ?4");
    let over = with_grants(&anothers);
    let tell = format!("sessions.id IN ({over}) OR sessions.parent_id IN ({over})");
    let mut all: Vec<Arg> = vec![now.0.into()];
    all.extend(args(cookie_hash, next));
    let end = format!(
        "UPDATE sessions SET ended_at = ?1 WHERE id IN ({over}) AND ended_at IS NULL RETURNING user_id"
    );
    [owe(&tell, now, args(cookie_hash, next)), Stmt::new(end, all)]
}

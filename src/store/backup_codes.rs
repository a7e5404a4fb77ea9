//! Backup codes: a set a user, each good once.

use crate::model::time::Time;
use crate::ports::Stmt;
use crate::store::json_text;

/// Spends a code of a user, by what its hash can be, if it is one and unspent: of many at once, one gets it.
pub(crate) fn spend(user_id: &str, hashes: &[String], now: Time) -> Stmt {
    let sql = "UPDATE backup_codes SET used_at = ?3
               WHERE user_id = ?1 AND hash IN (SELECT value FROM json_each(?2)) AND used_at IS NULL";
    Stmt::new(sql, vec![user_id.into(), json_text(&hashes).into(), now.0.into()])
}

/// Replaces a user's whole set; an empty one removes it.
pub(crate) fn replace(user_id: &str, hashes: &[String]) -> [Stmt; 2] {
    let gone = Stmt::new("DELETE FROM backup_codes WHERE user_id = ?1", vec![user_id.into()]);
    let there = Stmt::new(
        "INSERT INTO backup_codes (user_id, hash) SELECT ?1, value FROM json_each(?2) WHERE TRUE",
        vec![user_id.into(), json_text(&hashes).into()],
    );
    [gone, there]
}

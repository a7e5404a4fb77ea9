//! Authenticator apps: one a user.

use crate::model::time::Time;
use crate::ports::Stmt;

/// An authenticator app's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authenticator {
    /// The shared secret, sealed.
    pub(crate) sealed_secret: String,
    /// The last time step that was accepted.
    pub(crate) last_step: i64,
}

/// Accepts a time step, unless it or a later one was accepted before: of many at once, one gets it.
pub(crate) fn accept(user_id: &str, step: i64) -> Stmt {
    let sql = "UPDATE authenticators SET last_step = ?2 WHERE user_id = ?1 AND last_step < ?2";
    Stmt::new(sql, vec![user_id.into(), step.into()])
}

/// Replaces a user's app.
pub(crate) fn put(user_id: &str, tenant_id: &str, app: &Authenticator, now: Time) -> Stmt {
    let sql =
        "INSERT OR REPLACE INTO authenticators (user_id, tenant_id, sealed_secret, last_step, created_at)
               SELECT ?1, ?2, ?3, ?4, ?5 WHERE TRUE";
    let (sealed, step) = (&app.sealed_secret, app.last_step);
    let args = vec![user_id.into(), tenant_id.into(), sealed.into(), step.into(), now.0.into()];
    Stmt::new(sql, args)
}

/// Removes a user's app.
pub(crate) fn delete(user_id: &str) -> Stmt {
    Stmt::new("DELETE FROM authenticators WHERE user_id = ?1", vec![user_id.into()])
}

//! What a sign-in with a provider uses up: a state, the id of a message, a credential that was handed in.

use crate::model::time::Time;
use crate::ports::Stmt;

/// Uses something up that is good once: of many at the same time, one does.
pub(crate) fn spend(tenant_id: &str, key: &str, until: Time) -> Stmt {
    let sql = "INSERT INTO federation_used (tenant_id, key, expires_at) SELECT ?1, ?2, ?3 WHERE true
               ON CONFLICT DO NOTHING";
    Stmt::new(sql, vec![tenant_id.into(), key.into(), until.0.into()])
}

//! What a sign-in with a provider uses up: a state, the id of a message, a credential that was handed in.

use crate::model::time::Time;
use crate::ports::Stmt;

/// Uses something up that is good once: of many at the same time, one does.
pub(crate) fn spend(tenant_id: &str, key: &str, until: Time) -> Stmt {
    let sql = "INSERT INTO federation_used (tenant_id, key, expires_at) SELECT ?1, ?2, ?3 WHERE true
               ON CONFLICT DO NOTHING";
    Stmt::new(sql, vec![tenant_id.into(), key.into(), until.0.into()])
}

/// The same statement for when nothing of this was used up yet.
pub(crate) fn if_unused<'a>(stmt: Stmt, tenant_id: &str, keys: impl IntoIterator<Item = &'a str>) -> Stmt {
    keys.into_iter().fold(stmt, |mut stmt, key| {
        let at = stmt.args.len();
        stmt.args.extend([tenant_id.into(), key.into()]);
        let (tenant, key) = (at + 1, at + 2);
        let used = format!("SELECT 1 FROM federation_used WHERE tenant_id = ?{tenant} AND key = ?{key}");
        stmt.and_also(&format!("NOT EXISTS ({used})"))
    })
}

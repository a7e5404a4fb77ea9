//! What users let clients do.

use crate::model::scope::Scopes;
use crate::model::time::Time;
use crate::ports::{Db, Fault, Stmt};
use crate::store::{Columns, one};

/// What a user let a client do, if anything.
pub async fn scope_of(db: &dyn Db, user_id: &str, client_id: &str) -> Result<Option<Scopes>, Fault> {
    let stmt = Stmt::new(
        "SELECT scope FROM consents WHERE user_id = ?1 AND client_id = ?2",
        vec![user_id.into(), client_id.into()],
    );
    let rows = one(db, stmt).await?;
    rows.first().map(|row| Ok(Scopes::from_list(&Columns(row).text("scope")?))).transpose()
}

/// Keeps what a user lets a client do from now on.
pub fn give(tenant_id: &str, user_id: &str, client_id: &str, scopes: &Scopes, now: Time) -> Stmt {
    Stmt::new(
        "INSERT INTO consents (user_id, client_id, tenant_id, scope, granted_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (user_id, client_id) DO UPDATE SET scope = excluded.scope, granted_at = excluded.granted_at",
        vec![user_id.into(), client_id.into(), tenant_id.into(), scopes.list().into(), now.0.into()],
    )
}

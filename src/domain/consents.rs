//! What users let clients do.

use crate::cx::Cx;
use crate::model::scope::Scopes;
use crate::ports::Fault;
use crate::store;

/// What a user let a client do, if anything.
pub async fn scope_of(cx: &Cx, user_id: &str, client_id: &str) -> Result<Option<Scopes>, Fault> {
    store::consents::scope_of(cx.db.as_ref(), user_id, client_id).await
}

//! What a sign-in with a provider uses up.

use crate::model::time::Time;
use crate::ports::Stmt;
use crate::store;

/// The statements that use up what a sign-in does.
pub(super) fn spend(tenant_id: &str, once: &[(String, Time)]) -> Vec<Stmt> {
    once.iter().map(|(key, until)| store::federation_used::spend(tenant_id, key, *until)).collect()
}

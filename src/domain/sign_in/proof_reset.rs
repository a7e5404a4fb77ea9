//! What no longer counts once a password or a second factor is another one.

use crate::model::time::Time;
use crate::ports::Stmt;
use crate::store;

/// The statements that end what waits for a user and the trust in their browsers: their password or second
/// factor is another one from now on.
pub(crate) fn forget(user_id: &str, now: Time) -> [Stmt; 2] {
    [store::challenges::end_all(user_id, now), store::trusted_devices::delete_all(user_id)]
}

//! What no longer counts once a password or a second factor is another one.

use crate::domain::change::Change;
use crate::model::time::Time;
use crate::store;

/// Ends what waits for a user and the trust in their browsers: their password or second factor is another one from that
/// change on.
pub(crate) fn forget(change: &mut Change<'_>, user_id: &str, now: Time) {
    change.then(store::challenges::end_all(user_id, now)).then(store::trusted_devices::delete_all(user_id));
}

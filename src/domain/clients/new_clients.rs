//! How many clients strangers can have us write down.

use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::tenants::Tenant;
use crate::domain::throttle;

/// Clients from one address in an hour.
const AN_HOUR: u32 = 20;
/// Clients of one tenant in a day.
const A_DAY: u32 = 1_000;

/// Counts a client that is about to be written down and that nobody vouches for.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Limited`].
pub(super) async fn count_new(cx: &Cx, tenant: &Tenant) -> Result<(), Error> {
    let address = throttle::of_address(cx, format_args!("{}:client-registration", tenant.id));
    throttle::window(cx, address, AN_HOUR, 3_600).await?;
    throttle::window(cx, format!("{}:client-registrations", tenant.id), A_DAY, 86_400).await.map(drop)
}

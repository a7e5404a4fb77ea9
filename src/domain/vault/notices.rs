//! Tells people what became of their connections, by mail.

use crate::cx::Cx;
use crate::domain::mailing::{self, Changed, Letter, Outgoing};
use crate::domain::tenants::Tenant;
use crate::ports::Fault;
use crate::store;

/// A mail to the person whose connection it was; none if they are deleted. It is nobody's doing who asks now.
pub(super) async fn write(
    cx: &Cx,
    tenant: &Tenant,
    user_id: &str,
    changed: Changed,
    service: &str,
) -> Result<Option<Outgoing>, Fault> {
    let Some(user) = store::users::by_id(cx.db.as_ref(), &tenant.id, user_id).await? else { return Ok(None) };
    let letter = Letter::OfConnection { changed, service };
    mailing::write(&mailing::by_another(cx), tenant, &user, letter).await.map(Some)
}

//! Usage: how many users of a tenant were active in each month.

use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::tenants::Tenant;
use crate::store::usage::Month;
use crate::store::{self, Listed, Page};

/// A page of a tenant's months, newest first.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant, page: &Page) -> Result<Listed<Month>, Error> {
    Ok(store::usage::list(cx.db.as_ref(), &tenant.id, page).await?)
}

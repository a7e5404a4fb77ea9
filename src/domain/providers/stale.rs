//! What an isolate forgets when how people of a tenant sign in is changed.

use crate::domain::change::Change;
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;

/// Has the isolate forget what it knows of the tenant's providers and domains, which the tenants of its directory share.
pub(super) fn forget<'a>(change: &mut Change<'a>, tenant: &'a Tenant) {
    change.invalidates(Invalidation::Tenant(&tenant.id)).invalidates(Invalidation::Tenant(&tenant.directory));
}

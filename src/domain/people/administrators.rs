//! Who counts as an administrator that a tenant has.

use crate::domain::tenants::Tenant;
use crate::model::role::ADMIN;
use crate::model::state::UserStatus;
use crate::store::users::User;

/// Whether a user is an active administrator of the tenant: lets them in as sign-ins do.
pub(crate) fn is_active_administrator(tenant: &Tenant, user: &User) -> bool {
    let confirmed = user.email_verified || !tenant.settings_for(user).require_verified_email;
    user.status == UserStatus::Active && confirmed && user.roles.iter().any(|role| role == ADMIN)
}

//! Whether a session in which so much was proved still stands for its user.

use crate::domain::session::one_mailbox;
use crate::domain::tenants::{MfaPolicy, Tenant};
use crate::model::factor::{TRUSTED_DEVICE, TWO_FACTORS, has_two};
use crate::model::state::Mfa;
use crate::store::users::User;

/// Whether sign-ins of this user take a second factor. Whoever has one is asked for it, whatever the tenant's setting
/// says: it is theirs.
pub(crate) fn needs_second_factor(tenant: &Tenant, user: &User) -> bool {
    tenant.settings.mfa == MfaPolicy::Required || user.mfa != Mfa::None
}

/// What of a session's `amr` makes it sufficient whatever its user and tenant need.
pub(crate) const ENOUGH: [&str; 2] = [TWO_FACTORS, TRUSTED_DEVICE];

/// Whether a session in which this was proved, and which stood for its user when its token was made, still does, whoever
/// that is: nothing of the user changed since.
pub(crate) fn still_stands(tenant: &Tenant, amr: &[String]) -> bool {
    let trusted = || amr.iter().any(|one| one == TRUSTED_DEVICE);
    tenant.settings.mfa != MfaPolicy::Required || has_two(amr) || trusted()
}

/// Whether a session in which this was proved still stands for its user: one of a single factor does no more
/// once the user needs two, unless a trusted browser stood for the second, or the user had no other than the mailbox
/// that was proved twice.
pub(crate) fn is_sufficient(tenant: &Tenant, user: &User, amr: &[String]) -> bool {
    let trusted = || amr.iter().any(|one| one == TRUSTED_DEVICE);
    !needs_second_factor(tenant, user) || has_two(amr) || trusted() || one_mailbox::stands_for(user, amr)
}

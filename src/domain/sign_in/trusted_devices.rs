//! Browsers that a user trusts: for some days they sign in there without the second factor.

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal::OwnSession;
use crate::domain::tenants::Tenant;
use crate::ports::Fault;
use crate::store;
pub(crate) use crate::store::trusted_devices::Device;
use crate::store::users::User;

/// The name of the cookie that makes a browser a trusted one.
pub(crate) const COOKIE: &str = "__Host-portcullis-device";

/// Trusts the browser with that change: the cookie's value. `None` where the tenant trusts none.
pub(crate) fn trust(cx: &Cx, change: &mut Change<'_>, tenant: &Tenant, user: &User) -> Option<String> {
    let days = tenant.settings_for(user).trusted_device_days;
    if days == 0 {
        return None;
    }
    let cookie = cx.secret();
    let device = Device {
        id: cx.id(),
        address: cx.caller.address.clone(),
        user_agent: cx.caller.user_agent.clone(),
        created_at: cx.now,
        seen_at: cx.now,
        expires_at: cx.now.plus(days.saturating_mul(86_400)),
    };
    change.then(store::trusted_devices::insert(&device, &stored(&cookie), &user.tenant_id, &user.id));
    Some(cookie)
}

/// The browsers that a user trusts, the newest first.
pub async fn list(cx: &Cx, session: &OwnSession) -> Result<Vec<Device>, Fault> {
    store::trusted_devices::list(cx.db.as_ref(), &session.user.id, cx.now).await
}

/// Stops trusting a browser.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn revoke(cx: &Cx, session: &OwnSession, id: &str) -> Result<(), Error> {
    let user = &session.user;
    let mut change = Change::new(cx, &session.tenant.id, Entry::ok("device.revoked").by(&user.id).on(id));
    change.take(store::trusted_devices::delete(&user.id, id));
    if change.commit().await?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    Ok(())
}

//! Consents: what users let clients do, and how they take it back.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::delegation;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::tenants::Tenant;
use crate::ports::Fault;
use crate::store;
pub(crate) use crate::store::consents::{Agreed, Consent};

/// What a user let a client have; `None` if they were never asked, or took it back.
pub(crate) async fn agreed(cx: &Cx, user_id: &str, client_id: &str) -> Result<Option<Agreed>, Fault> {
    store::consents::agreed(cx.db.as_ref(), user_id, client_id).await
}

/// The clients that may act for a user, by name.
pub(crate) async fn of_user(cx: &Cx, tenant: &Tenant, user_id: &str) -> Result<Vec<Consent>, Fault> {
    store::consents::of_user(cx.db.as_ref(), &tenant.id, user_id, cx.now).await
}

/// The same, for an administrator.
///
/// # Errors
/// As [`delegation::own_account`].
pub(crate) async fn list_by_admin(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: &str,
) -> Result<Vec<Consent>, Error> {
    delegation::own_account(admin, user_id)?;
    Ok(of_user(cx, &admin.tenant, user_id).await?)
}

/// Takes back what a client may do for a user, for themselves, and ends its grants.
///
/// # Errors
/// [`Refusal::NotFound`] if it may do nothing.
pub async fn revoke(cx: &Cx, tenant: &Tenant, user_id: &str, client_id: &str) -> Result<(), Error> {
    let entry = Entry::ok("consent.revoked").by(user_id).on(client_id);
    end(cx, tenant, entry, user_id, client_id).await
}

/// The same, for an administrator.
///
/// # Errors
/// As [`revoke`] and [`delegation::own_account`].
pub(crate) async fn revoke_by_admin(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: &str,
    client_id: &str,
) -> Result<(), Error> {
    delegation::own_account(admin, user_id)?;
    let entry = Entry::ok("consent.revoked").by(admin.actor()).on(client_id);
    end(cx, &admin.tenant, entry.saying(format!("user {user_id}")), user_id, client_id).await
}

async fn end(cx: &Cx, tenant: &Tenant, entry: Entry, user_id: &str, client_id: &str) -> Result<(), Error> {
    if !of_user(cx, tenant, user_id).await?.iter().any(|consent| consent.client_id == client_id) {
        return Err(Refusal::NotFound.into());
    }
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .then_all(store::consents::revoke(&tenant.id, user_id, client_id, cx.now))
        .ends_sessions_of(user_id);
    Ok(change.commit().await.map(drop)?)
}

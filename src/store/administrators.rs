//! Who can administer a tenant: active users who hold `ADMIN` and may sign in with their address as it is. A statement
//! that takes one away asks itself whether another remains, so that of two at once one does nothing.

use crate::ports::{Database, Fault, Stmt};
use crate::store::{Columns, email_domains, is_undone_by, one, undo_unless};

/// Whether a row of `users` would be an active administrator with these values, all of them SQL expressions.
pub(super) fn active(row: &str, status: &str, roles: &str, verified: &str) -> String {
    format!(
        "({status} = 'active' AND EXISTS (SELECT 1 FROM json_each({roles}) WHERE value = 'ADMIN')
          AND ({verified} = 1 OR ({row}.operator = 0 AND EXISTS (
            SELECT 1 FROM tenants WHERE tenants.id = {row}.tenant_id
            AND json_extract(tenants.settings, '$.requireVerifiedEmail') = 0))))"
    )
}

/// Whether a row of `users` is an active administrator.
pub(super) fn is_active(row: &str) -> String {
    active(row, &format!("{row}.status"), &format!("{row}.roles"), &format!("{row}.email_verified"))
}

/// The rows of `users`, by that name, that hold `ADMIN` in a tenant: what stands behind `FROM`, with its `WHERE`.
pub(super) fn holders(tenant: &str, row: &str) -> String {
    format!(
        "user_roles AS holding CROSS JOIN users AS {row} ON {row}.id = holding.user_id
         WHERE holding.tenant_id = {tenant} AND holding.role = 'ADMIN'"
    )
}

/// What the error of [`undo_without_a_way_in`] says.
const NO_WAY_IN: &str = "no administrator could sign in";

/// Whether an administrator, a row of `users`, can sign in although mail domains are enforced: their domain is not; or they
/// have a passkey (break-glass), or an identity at the provider. The operator's identity takes a second factor of theirs.
/// It says in SQL what `domain::sign_in::organisation` decides.
fn can_sign_in(row: &str) -> String {
    let provider = email_domains::enforced_provider(row);
    format!(
        "({provider} IS NULL
          OR ({row}.operator = 1 OR (SELECT coalesce(json_extract(settings, '$.passkeys'), 1) FROM tenants
                                     WHERE tenants.id = {row}.tenant_id))
             AND EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = {row}.id)
          OR ({row}.operator = 0 OR {row}.mfa = 'email' OR {row}.mfa = 'totp'
              AND EXISTS (SELECT 1 FROM authenticators WHERE authenticators.user_id = {row}.id))
             AND EXISTS (SELECT 1 FROM identities WHERE identities.user_id = {row}.id
                         AND identities.tenant_id = {row}.tenant_id AND identities.provider_id = {provider}))"
    )
}

/// A statement that undoes the whole batch if now mail domains are enforced in the tenant, and no active administrator can
/// sign in, though there are some. Of the home tenant the operator counts alone. With `of` only if that user is one of them:
/// what others lose takes nobody's way in.
pub(crate) fn undo_without_a_way_in(tenant_id: &str, is_home: bool, of: Option<&str>) -> Stmt {
    let administrator = format!(
        "FROM {} AND (?2 = 0 OR admin.operator = 1) AND {}",
        holders("?1", "admin"),
        is_active("admin")
    );
    let condition = format!(
        "NOT {} OR NOT EXISTS (SELECT 1 {administrator} AND (?3 IS NULL OR admin.id = ?3))
         OR EXISTS (SELECT 1 {administrator} AND {})",
        email_domains::is_any_enforced("?1"),
        can_sign_in("admin")
    );
    undo_unless(&condition, NO_WAY_IN, vec![tenant_id.into(), is_home.into(), of.into()])
}

/// Whether a batch was undone by [`undo_without_a_way_in`].
pub(crate) fn has_no_way_in(fault: &Fault) -> bool {
    is_undone_by(fault, NO_WAY_IN)
}

/// Whether the tenant of the row of `users` at hand can do without it: it is no active administrator, or not the last.
pub(super) fn spares() -> String {
    let (this, other) = (is_active("users"), is_active("other"));
    let holders = holders("users.tenant_id", "other");
    format!("(NOT {this} OR EXISTS (SELECT 1 FROM {holders} AND other.id <> users.id AND {other}))")
}

/// Whether the tenant `?2` has as many active administrators as before once all of them need a confirmed address: at least
/// one, if it has one now.
pub(super) fn spares_unconfirmed() -> String {
    let (holders, now) = (holders("?2", "users"), is_active("users"));
    format!(
        "(NOT EXISTS (SELECT 1 FROM {holders} AND {now})
          OR EXISTS (SELECT 1 FROM {holders} AND users.email_verified = 1 AND {now}))"
    )
}

/// Whether a user is the last active administrator of the tenant; `None` if there is no such user.
pub(crate) async fn is_last(db: &dyn Database, tenant_id: &str, id: &str) -> Result<Option<bool>, Fault> {
    let sql = format!("SELECT NOT {} AS last FROM users WHERE tenant_id = ?1 AND id = ?2", spares());
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), id.into()])).await?;
    rows.first().map(|row| Columns(row).flag("last")).transpose()
}

/// Changes nothing of a user, and so says to the statement after it in the batch whether they may be deleted: they are
/// neither the operator nor the last active administrator. Returns the id if so.
pub(crate) fn release(tenant_id: &str, id: &str) -> Stmt {
    let sql = format!(
        "UPDATE users SET status = status WHERE tenant_id = ?1 AND id = ?2 AND operator = 0 AND {} RETURNING id",
        spares()
    );
    Stmt::new(sql, vec![tenant_id.into(), id.into()])
}

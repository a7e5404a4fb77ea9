//! The rotation of a tenant's signing keys: by its administrators, and by cron once the next key has taken over.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::keys::{self, JWKS_MAX_AGE, OVERLAP, SIGNS};
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::model::time::Time;
use crate::ports::Fault;
use crate::store;

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rotated {
    /// The key that signs from [`Rotated::active_at`] on.
    pub(crate) kid: String,
    /// From when it signs.
    pub(crate) active_at: Time,
}

/// Rotates now, outside the cron's turn. The next key takes over at once if verifiers can know it already,
/// else as soon as they do; with `revoke`, at once in any case, and what the keys before it signed is
/// refused from then on.
pub(crate) async fn rotate(cx: &Cx, tenant: &Tenant, actor: &str, revoke: bool) -> Result<Rotated, Fault> {
    keys::of(cx, &tenant.id).await?;
    let rows = store::keys::of_tenant(cx.db.as_ref(), &tenant.id, cx.now).await?;
    let (Some(current), Some(next)) = (rows.iter().rev().find(|row| row.active_at <= cx.now), rows.last())
    else {
        return Err(Fault::new("keys", "no current key"));
    };
    let known_at =
        if next.created_at <= current.created_at { cx.now } else { next.created_at.plus(JWKS_MAX_AGE) };
    let active_at = if revoke { cx.now } else { known_at.max(cx.now).min(next.active_at.max(cx.now)) };
    let gone_at = if revoke { cx.now } else { active_at.plus(OVERLAP) };
    let entry = Entry::ok("keys.rotated").by(actor).on(&next.kid);
    let entry = entry.saying(if revoke { "older keys revoked" } else { "with overlap" });
    let mut change = Change::new(cx, &tenant.id, entry);
    change.then(store::keys::activate(&tenant.id, next.turn, active_at, cx.now));
    succeed(cx, &mut change, &tenant.id, next.turn, active_at)?;
    change.then(store::keys::retire_before(&tenant.id, next.turn, gone_at));
    change.invalidates(Invalidation::Tenant(&tenant.id));
    change.commit().await?;
    Ok(Rotated { kid: next.kid.clone(), active_at })
}

/// The cron's part: once the next key has taken over, makes the one after it.
pub(crate) async fn rotate_due(cx: &Cx, tenant_id: &str) -> Result<(), Fault> {
    let rows = store::keys::of_tenant(cx.db.as_ref(), tenant_id, cx.now).await?;
    let Some(last) = rows.last().filter(|last| last.active_at <= cx.now) else { return Ok(()) };
    let mut change = Change::new(cx, tenant_id, Entry::ok("keys.rotated").by("system").on(&last.kid));
    succeed(cx, &mut change, tenant_id, last.turn, last.active_at)?;
    change.invalidates(Invalidation::Tenant(tenant_id));
    change.commit().await.map(drop)
}

/// Puts a new key behind the one at `turn`, which signs from `active_at` on.
fn succeed(
    cx: &Cx,
    change: &mut Change<'_>,
    tenant_id: &str,
    turn: i64,
    active_at: Time,
) -> Result<(), Fault> {
    let next_at = active_at.max(cx.now).plus(SIGNS);
    let next = keys::make(cx, tenant_id, turn.saturating_add(1), next_at, None)?;
    change.then(store::keys::insert(tenant_id, &next));
    change.then(store::keys::retire_one(tenant_id, turn, next_at.plus(OVERLAP)));
    Ok(())
}

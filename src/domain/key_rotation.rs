//! The rotation of a tenant's signing keys: by its administrators, and by cron once the next key has taken over.

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::keys::{self, JWKS_MAX_AGE, OVERLAP, SIGNS};
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::model::signing_alg::SigningAlg;
use crate::model::time::Time;
use crate::ports::Fault;
use crate::store;
use crate::store::keys::KeyRow;

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rotated {
    /// The ES256 key that signs from [`Rotated::active_at`] on.
    pub(crate) kid: String,
    /// From when it signs.
    pub(crate) active_at: Time,
}

/// What a signing key is for by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyStatus {
    /// It signs.
    Current,
    /// It is published, and signs later.
    Next,
    /// What it signed is accepted.
    Retiring,
}

/// A tenant's keys that are accepted, those of each kind oldest first.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant) -> Result<Vec<(KeyRow, KeyStatus)>, Fault> {
    // Made at first use, which may be this one.
    keys::of(cx, &tenant.id).await?;
    let rows = store::keys::of_tenant(cx.db.as_ref(), &tenant.id, cx.now).await?;
    let current = SigningAlg::ALL
        .map(|alg| of_kind(&rows, alg).rev().find(|row| row.active_at <= cx.now).map(|row| (alg, row.turn)));
    let status = |row: &KeyRow| match current.iter().flatten().find(|(alg, _)| *alg == row.alg) {
        Some((_, turn)) if row.turn < *turn => KeyStatus::Retiring,
        Some((_, turn)) if row.turn == *turn => KeyStatus::Current,
        _ => KeyStatus::Next,
    };
    let statuses: Vec<KeyStatus> = rows.iter().map(status).collect();
    Ok(rows.into_iter().zip(statuses).collect())
}

fn of_kind(rows: &[KeyRow], alg: SigningAlg) -> impl DoubleEndedIterator<Item = &KeyRow> {
    rows.iter().filter(move |row| row.alg == alg)
}

/// Rotates now, outside the cron's turn, the keys of every kind that the tenant has. The next key takes over at once
/// if verifiers can know it already, else as soon as they do; with `revoke`, at once in any case, and what the keys
/// before it signed is refused from then on.
pub(crate) async fn rotate(cx: &Cx, tenant: &Tenant, actor: &str, revoke: bool) -> Result<Rotated, Fault> {
    keys::of(cx, &tenant.id).await?;
    let rows = store::keys::of_tenant(cx.db.as_ref(), &tenant.id, cx.now).await?;
    let turn = |alg| {
        let current = of_kind(&rows, alg).rev().find(|row| row.active_at <= cx.now)?;
        let next = of_kind(&rows, alg).next_back().filter(|row| row.gone_at.is_none())?;
        let known_at =
            if next.created_at <= current.created_at { cx.now } else { next.created_at.plus(JWKS_MAX_AGE) };
        let active_at = if revoke { cx.now } else { known_at.max(cx.now).min(next.active_at.max(cx.now)) };
        Some((next, active_at))
    };
    let (next, active_at) = turn(SigningAlg::Es256).ok_or_else(|| Fault::new("keys", "no current key"))?;
    let entry = Entry::ok("keys.rotated").by(actor).on(&next.kid);
    let entry = entry.saying(if revoke { "older keys revoked" } else { "with overlap" });
    let mut change = Change::new(cx, &tenant.id, entry);
    for (next, active_at) in SigningAlg::ALL.into_iter().filter_map(turn) {
        let gone_at = if revoke { cx.now } else { active_at.plus(OVERLAP) };
        change.then(store::keys::activate(&tenant.id, next.alg, next.turn, active_at, cx.now));
        succeed(cx, &mut change, &tenant.id, next, active_at).await?;
        change.then(store::keys::retire_before(&tenant.id, next.alg, next.turn, gone_at));
    }
    // Keys that retire without a successor.
    if let Some(last) =
        of_kind(&rows, SigningAlg::Rs256).next_back().filter(|last| last.gone_at.is_some() && revoke)
    {
        change.then(store::keys::retire_before(&tenant.id, last.alg, last.turn.saturating_add(1), cx.now));
    }
    change.invalidates(Invalidation::Tenant(&tenant.id));
    change.commit().await?;
    Ok(Rotated { kid: next.kid.clone(), active_at })
}

/// Keys of a kind that one run of cron makes. RSA keys take the platform a tenth of a second each.
fn most_in_a_run(alg: SigningAlg) -> i64 {
    match alg {
        SigningAlg::Es256 => 40,
        SigningAlg::Rs256 => 10,
    }
}

/// The cron's part, for all tenants: once the next key has taken over, makes the one after it. Each tenant's keys fail for
/// themselves, and those that cannot be rotated do not keep others from their turn.
pub(crate) async fn rotate_all_due(cx: &Cx) -> Result<(), Fault> {
    for alg in SigningAlg::ALL {
        let (mut left, mut passed_over) = (most_in_a_run(alg), 0_i64);
        while left > 0 {
            let due = store::keys::due(cx.db.as_ref(), alg, passed_over, left, cx.now).await?;
            if due.is_empty() {
                break;
            }
            for tenant_id in due {
                left = left.saturating_sub(1);
                match rotate_due(cx, &tenant_id, alg).await {
                    Ok(true) => {}
                    Ok(false) => passed_over = passed_over.saturating_add(1),
                    Err(fault) => {
                        passed_over = passed_over.saturating_add(1);
                        let event = ("event", "keys.rotate".into());
                        cx.log.line(&fault.line([event, ("tenant", tenant_id.into())]));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Rotates a tenant's keys of one kind if that is due; whether it was. RSA keys that no client needs any more have no
/// successor.
async fn rotate_due(cx: &Cx, tenant_id: &str, alg: SigningAlg) -> Result<bool, Fault> {
    let rows = store::keys::of_tenant(cx.db.as_ref(), tenant_id, cx.now).await?;
    let last = of_kind(&rows, alg).next_back();
    let Some(last) = last.filter(|last| last.active_at <= cx.now && last.gone_at.is_none()) else {
        return Ok(false);
    };
    let is_needed = match alg {
        SigningAlg::Es256 => true,
        SigningAlg::Rs256 => store::clients::any_needs_rs256(cx.db.as_ref(), tenant_id).await?,
    };
    let entry = Entry::ok("keys.rotated").by("system").on(&last.kid);
    let mut change = Change::new(cx, tenant_id, entry);
    if is_needed {
        succeed(cx, &mut change, tenant_id, last, last.active_at).await?;
    } else {
        change.then(store::keys::retire_one(tenant_id, alg, last.turn, cx.now.plus(OVERLAP)));
    }
    change.invalidates(Invalidation::Tenant(tenant_id));
    change.commit().await?;
    Ok(true)
}

/// Puts a new key behind one that signs from `active_at` on.
async fn succeed(
    cx: &Cx,
    change: &mut Change<'_>,
    tenant_id: &str,
    key: &KeyRow,
    active_at: Time,
) -> Result<(), Fault> {
    let next_at = active_at.max(cx.now).plus(SIGNS);
    let next = keys::make(cx, tenant_id, key.alg, key.turn.saturating_add(1), next_at, None).await?;
    change.then(store::keys::insert(tenant_id, &next));
    change.then(store::keys::retire_one(tenant_id, key.alg, key.turn, next_at.plus(OVERLAP)));
    Ok(())
}

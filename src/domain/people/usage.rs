//! Usage: how many users of a tenant were active in each month, and how many sign-ins there were on each day.

use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::tenants::Tenant;
use crate::store::sign_in_days::SignInDay;
use crate::store::usage::Month;
use crate::store::{self, Listed, Page};

/// A page of a tenant's months, newest first.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant, page: &Page) -> Result<Listed<Month>, Error> {
    Ok(store::usage::list(cx.db.as_ref(), &tenant.id, page).await?)
}

const DAY: i64 = 86_400_000;

/// The tenant's sign-ins of that many days (UTC), today's first; days without any are among them.
pub(crate) async fn sign_ins(cx: &Cx, tenant: &Tenant, days: i64) -> Result<Vec<SignInDay>, Error> {
    let today = cx.now.0.div_euclid(DAY);
    let first = today.saturating_sub(days).saturating_add(1);
    let counted = store::sign_in_days::since(cx.db.as_ref(), &tenant.id, first).await?;
    let on = |day| {
        counted
            .iter()
            .find(|one| one.day == day)
            .copied()
            .unwrap_or(SignInDay { day, ..SignInDay::default() })
    };
    Ok((first..=today).rev().map(on).collect())
}

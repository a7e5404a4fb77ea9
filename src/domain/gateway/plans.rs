//! Plans, as administrators write them. The one that the settings make the default exists from the start: without a row it
//! ranks below all others and brings no features.

use crate::cx::Cx;
use crate::domain::assertion_limits;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::gateway::roles::{check_name, check_rank};
use crate::domain::refusal::{Error, Problems, Refusal};
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::model::role::{Plan, is_name};
use crate::store;
use crate::store::plans::Stays;

/// The tenant's plans, highest first.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant) -> Result<Vec<Plan>, Error> {
    let mut all = store::plans::list(cx.db.as_ref(), &tenant.id).await?;
    let default = &tenant.settings.default_plan;
    if !all.iter().any(|plan| plan.name == *default) {
        let lowest = all.last().map_or(1, |plan| plan.rank);
        all.push(Plan { name: default.clone(), rank: 0.min(lowest - 1), features: Vec::new() });
    }
    Ok(all)
}

/// Whether the tenant has a plan of that name.
pub(crate) async fn is_known(cx: &Cx, tenant: &Tenant, name: &str) -> Result<bool, Error> {
    Ok(list(cx, tenant).await?.iter().any(|plan| plan.name == name))
}

/// Makes a plan, or changes one. The default without a row is made by either.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::Conflict`] for a taken name, [`Refusal::NotFound`] for an unknown one.
pub(crate) async fn put(cx: &Cx, tenant: &Tenant, actor: &str, plan: &Plan, new: bool) -> Result<(), Error> {
    let mut wrong = Problems::default();
    wrong.gather(check_name("name", &plan.name))?;
    wrong.gather(check_rank(plan.rank))?;
    if plan.features.len() > 200 || !plan.features.iter().all(|feature| is_name(feature)) {
        wrong.add("features", "at most 200 names of letters, digits, _ - . and :");
    }
    wrong.none()?;
    assertion_limits::check_features(cx, tenant, plan)?;
    let stmt = match new {
        true => store::plans::insert(&tenant.id, plan),
        false => store::plans::put(&tenant.id, plan),
    };
    let mut change = Change::new(cx, &tenant.id, Entry::ok("plan.changed").by(actor).on(&plan.name));
    change.take(stmt).invalidates(Invalidation::Routes(&tenant.id));
    let done = change.commit().await?.is_some();
    match (done, new) {
        (true, _) => Ok(()),
        (false, true) => Err(Refusal::Conflict("a plan has that name").into()),
        (false, false) => Err(Refusal::NotFound.into()),
    }
}

/// Removes a plan that nobody is on, that no route asks for and that is not the default.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] otherwise.
pub(crate) async fn delete(cx: &Cx, tenant: &Tenant, actor: &str, name: &str) -> Result<(), Error> {
    let mut change = Change::new(cx, &tenant.id, Entry::ok("plan.deleted").by(actor).on(name));
    change.take(store::plans::delete(&tenant.id, name)).invalidates(Invalidation::Routes(&tenant.id));
    if change.commit().await?.is_some() {
        return Ok(());
    }
    Err(match store::plans::why_it_stays(cx.db.as_ref(), &tenant.id, name).await? {
        Stays::Unknown => Refusal::NotFound,
        Stays::Default => Refusal::Conflict("the plan is the tenant's default"),
        Stays::Users => Refusal::Conflict("users are on the plan"),
        Stays::Routes => Refusal::Conflict("a route asks for the plan"),
    }
    .into())
}

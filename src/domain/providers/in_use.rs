//! The providers that people can sign in with now.

use std::rc::Rc;

use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::domain::providers::secrets;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::{self, Tenant};
use crate::memo::{Invalidation, Slot};
use crate::model::identity_provider::IdentityProvider;
use crate::ports::Fault;
use crate::store;

/// What an organisation must be that signs in with a provider of its own.
pub(super) const ENTERPRISE: &str = "enterprise";

/// A provider that is enabled, with our secret there.
pub(crate) struct Usable {
    pub(crate) provider: IdentityProvider,
    pub(crate) secret: Option<Zeroizing<String>>,
}

/// Enabled providers by tenant id.
struct ProvidersOfTenant;

impl Slot for ProvidersOfTenant {
    type Key = String;
    type Value = Rc<[Rc<Usable>]>;
    const CAPACITY: usize = 200;

    fn is_stale(id: &String, _: &Self::Value, change: Invalidation<'_>) -> bool {
        change == Invalidation::Tenant(id)
    }
}

async fn enabled(cx: &Cx, tenant: &Tenant) -> Result<Rc<[Rc<Usable>]>, Fault> {
    if let Some(known) = cx.recall::<ProvidersOfTenant, _>(&tenant.id, tenant.id.as_str()) {
        return Ok(known);
    }
    if tenants::recall(cx, &tenant.id).is_some_and(|known| !known.own.has_providers) {
        return Ok(Rc::new([]));
    }
    let as_of = cx.as_of();
    let found = store::identity_providers::enabled(cx.db.as_ref(), &tenant.id).await?;
    let usable = found.into_iter().map(|provider| opened(cx, tenant, provider).map(Rc::new));
    let usable: Rc<[Rc<Usable>]> = usable.collect::<Result<Vec<_>, Fault>>()?.into();
    cx.remember::<ProvidersOfTenant>(as_of, &tenant.id, tenant.id.clone(), usable.clone());
    Ok(usable)
}

/// All providers that people of the tenant can sign in with, by id.
pub(crate) async fn all_enabled(cx: &Cx, tenant: &Tenant) -> Result<Vec<Rc<Usable>>, Fault> {
    let all = enabled(cx, tenant).await?;
    Ok(all.iter().filter(|one| may_use(tenant, &one.provider).is_ok()).cloned().collect())
}

/// The provider of that id, if people can sign in with it.
///
/// # Errors
/// [`Refusal::NotFound`], also for one that is disabled; [`Refusal::PlanTooLow`] for an organisation's own where the tenant
/// is no enterprise organisation.
pub(crate) async fn for_sign_in(cx: &Cx, tenant: &Tenant, id: &str) -> Result<Rc<Usable>, Error> {
    let all = enabled(cx, tenant).await?;
    let found = all.iter().find(|one| one.provider.id == id).ok_or(Refusal::NotFound)?;
    may_use(tenant, &found.provider)?;
    Ok(found.clone())
}

/// A provider as it is, enabled or not, with our secret there.
pub(crate) fn opened(cx: &Cx, tenant: &Tenant, provider: IdentityProvider) -> Result<Usable, Fault> {
    let secret = secrets::open(cx, &tenant.id, &provider)?;
    Ok(Usable { provider, secret })
}

fn may_use(tenant: &Tenant, provider: &IdentityProvider) -> Result<(), Refusal> {
    match provider.spec.kind.is_organisations() && !tenant.enterprise {
        true => Err(needs_enterprise(tenant)),
        false => Ok(()),
    }
}

/// That the tenant is no enterprise organisation.
pub(super) fn needs_enterprise(tenant: &Tenant) -> Refusal {
    Refusal::PlanTooLow { current: tenant.settings.default_plan.clone(), required: ENTERPRISE.to_owned() }
}

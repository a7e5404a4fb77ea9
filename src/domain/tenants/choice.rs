//! Which tenant a request is for: by its path, its host or its header.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::issuer::is_own_host;
use crate::domain::tenants::tenant::{Tenant, TenantByHost, TenantById, by_host, by_id};
use crate::domain::throttle::lookups;
use crate::model::host::canonical;
use crate::model::id::is_tenant_id;
use crate::model::tenant::HOME;

/// How a request named its tenant.
#[derive(Debug, Clone)]
pub struct ResolvedTenant {
    /// The tenant.
    pub tenant: Rc<Tenant>,
    /// Whether the request named it, by path, host or header; otherwise it is home by default, and a user
    /// or credential of another tenant of the home directory brings its own.
    pub explicit: bool,
}

/// The tenant of a request: path, then host, then `X-Tenant-Id`, then home.
///
/// # Errors
/// [`Refusal::NotFound`] if the path or header names a tenant that does not exist or is suspended.
pub(crate) async fn choose(
    cx: &Cx,
    path: Option<&str>,
    host: &str,
    header: Option<&str>,
) -> Result<ResolvedTenant, Error> {
    let named = match path {
        Some(id) => Some(id.to_owned()),
        None => match asked_host(cx, &canonical(host)).await? {
            Some(id) => Some(id),
            None => header.map(str::to_owned),
        },
    };
    let explicit = named.is_some();
    let id = named.unwrap_or_else(|| HOME.into());
    let tenant = find_named(cx, &id).await?.ok_or(Refusal::NotFound)?;
    Ok(ResolvedTenant { tenant, explicit })
}

/// An active tenant that a caller names: one that this isolate has never heard of is looked up for whoever may.
///
/// # Errors
/// [`Refusal::Limited`].
pub(crate) async fn find_named(cx: &Cx, id: &str) -> Result<Option<Rc<Tenant>>, Error> {
    let is_new = id != HOME && is_tenant_id(id) && !cx.memo::<TenantById>().has_seen(id);
    if is_new {
        lookups::admit(cx).await?;
    }
    let tenant = by_id(cx, id).await?;
    if is_new && tenant.is_none() {
        lookups::note_unknown(cx);
    }
    Ok(tenant)
}

/// The same for the tenant of the host that was asked.
async fn asked_host(cx: &Cx, host: &str) -> Result<Option<String>, Error> {
    let own = is_own_host(cx, host);
    let is_new = !own && !cx.memo::<TenantByHost>().has_seen(host);
    if is_new {
        lookups::admit(cx).await?;
    }
    let id = by_host(cx, host).await?;
    if is_new && id.is_none() {
        lookups::note_unknown(cx);
    }
    // The deployment's own host is for every tenant that a field names, whatever issuer home has there.
    Ok(id.filter(|id| !own || id != HOME))
}

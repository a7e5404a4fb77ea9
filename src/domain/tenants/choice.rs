//! Which tenant a request is for: by its path, its host or its header.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::feed;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::by_id;
use crate::domain::tenants::issuer::is_own_host;
use crate::domain::tenants::tenancy::{self, AtHost};
use crate::domain::tenants::tenant::Tenant;
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
    if let Some(id) = path {
        let tenant = find_named(cx, id).await?.ok_or(Refusal::NotFound)?;
        return Ok(ResolvedTenant { tenant, explicit: true });
    }
    let host = canonical(host);
    let own = is_own_host(cx, &host);
    // The deployment's own host is for every tenant that a field names, whatever issuer home has there.
    let leads_to = |owner: Option<String>| owner.filter(|id| !own || id != HOME);
    let other = header.unwrap_or(HOME);
    if let Some(guess) = tenancy::guess_host(cx, &host) {
        feed::refresh(cx, leads_to(guess).as_deref().unwrap_or(other)).await?;
    }
    let (named, tenant) = match tenancy::recall_host(cx, &host) {
        Some(owner) => {
            let named = leads_to(owner);
            let id = named.as_deref().unwrap_or(other);
            let tenant = find_named(cx, id).await?;
            (named, tenant)
        }
        None => {
            if tenancy::recall(cx, other).is_some() {
                // It is known well enough: what changed since is asked behind the answer.
                feed::refresh(cx, other).await?;
            }
            let is_new_host = !own && !tenancy::has_seen_host(cx, &host);
            let is_new_tenant = is_new(cx, other);
            if is_new_host || is_new_tenant {
                lookups::admit(cx).await?;
            }
            let not = own.then_some(HOME);
            let AtHost { owner, tenancy } = tenancy::at_host(cx, &host, not, other).await?;
            let named = leads_to(owner);
            if (is_new_host || is_new_tenant && tenancy.is_none()) && named.is_none() {
                lookups::note_unknown(cx);
            }
            (named, tenancy.map(|tenancy| tenancy.tenant.clone()))
        }
    };
    let explicit = named.is_some() || header.is_some();
    Ok(ResolvedTenant { tenant: tenant.ok_or(Refusal::NotFound)?, explicit })
}

/// Whose the host is that a caller names: one that this isolate has never heard of is looked up for whoever may.
///
/// # Errors
/// [`Refusal::Limited`].
pub(crate) async fn owner_of_named(cx: &Cx, host: &str) -> Result<Option<String>, Error> {
    let is_new = !is_own_host(cx, host) && !tenancy::has_seen_host(cx, host);
    if is_new {
        lookups::admit(cx).await?;
    }
    let owner = tenancy::by_host(cx, host).await?;
    if is_new && owner.is_none() {
        lookups::note_unknown(cx);
    }
    Ok(owner)
}

/// Whether a caller names a tenant that this isolate has never heard of.
fn is_new(cx: &Cx, id: &str) -> bool {
    id != HOME && is_tenant_id(id) && !tenancy::has_seen(cx, id)
}

/// An active tenant that a caller names: one that this isolate has never heard of is looked up for whoever may.
///
/// # Errors
/// [`Refusal::Limited`].
pub(crate) async fn find_named(cx: &Cx, id: &str) -> Result<Option<Rc<Tenant>>, Error> {
    let is_new = is_new(cx, id);
    if is_new {
        lookups::admit(cx).await?;
    }
    let tenant = by_id(cx, id).await?;
    if is_new && tenant.is_none() {
        lookups::note_unknown(cx);
    }
    Ok(tenant)
}

//! The relying party that passkeys are for: a domain, and the origins whose pages may use it.

use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::tenants::{self, Tenant};
use crate::model::host::canonical;

/// A domain with its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelyingParty {
    /// The RP ID: what passkeys are scoped to.
    pub(crate) id: String,
    /// Where ceremonies may take place: the domain itself, and the tenant's own origins.
    pub(crate) origins: Vec<String>,
}

/// The relying party of a request to a host: that host if it is the tenant's, and else the deployment's own. No
/// host that merely was asked for decides.
///
/// # Errors
/// [`Refusal::Limited`](crate::domain::refusal::Refusal::Limited) for who asks for too many hosts that are nobody's.
pub(crate) async fn of(cx: &Cx, tenant: &Tenant, host: &str) -> Result<RelyingParty, Error> {
    let host = canonical(host);
    let (scheme, own) = cx.config.origin.split_once("://").unwrap_or(("https", ""));
    let mapped = host != own && tenants::owner_of_named(cx, &host).await?.is_some_and(|id| id == tenant.id);
    let authority = if mapped { &host } else { own };
    let id = authority.split(':').next().unwrap_or(authority).to_owned();
    let mut origins = vec![format!("{scheme}://{authority}")];
    origins.extend(tenant.settings.allowed_origins.iter().cloned());
    Ok(RelyingParty { id, origins })
}

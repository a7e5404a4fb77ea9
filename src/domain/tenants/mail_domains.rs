//! Which verified mail domain an address is of, and so which identity provider its person signs in with.
//!
//! A domain is one tenant's alone. It counts in that tenant, and where a request names none, for whoever shares the
//! tenant's directory. Only addresses of just that domain are of it: those of a domain below it are of another.

use crate::domain::tenants::{ResolvedTenant, Tenant};
use crate::model::mail_domains::VerifiedDomain;

impl Tenant {
    /// The tenant's own verified domain of that name, as addresses have it; its provider can be used.
    pub(crate) fn verified_domain(&self, domain: &str) -> Option<&VerifiedDomain> {
        self.domains.iter().find(|known| known.domain == domain && known.tenant_id == self.id)
    }

    /// Whether it has any, whose addresses lead to a provider.
    pub(crate) fn has_verified_domains(&self) -> bool {
        self.domains.iter().any(|known| known.tenant_id == self.id)
    }

    /// Whether a domain is a verified one of that provider.
    pub(crate) fn is_verified_of(&self, provider_id: &str, domain: &str) -> bool {
        self.verified_domain(domain).is_some_and(|known| known.provider_id == provider_id)
    }
}

impl ResolvedTenant {
    /// The verified domain of that name: of the tenant that the request names, or of any in its directory if it names none.
    pub(crate) fn verified_domain(&self, domain: &str) -> Option<&VerifiedDomain> {
        match self.explicit {
            true => self.tenant.verified_domain(domain),
            false => self.tenant.domains.iter().find(|known| known.domain == domain),
        }
    }
}

//! The two sides of a trust: us as one identity provider of one tenant knows us, and that provider.

use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::tenants::Tenant;
use crate::model::identity_provider::{IdentityProvider, Kind, Saml};
use crate::saml::certificate::Certificate;
use crate::saml::{Rejected, Signer};

/// Where a provider finds us. Each provider has its own: an answer that is for one is for no other.
pub(super) struct Party {
    /// Our entity id, which is the address of our metadata.
    pub(super) entity_id: String,
    /// Where answers to a sign-in are posted.
    pub(super) consumer: String,
    /// Where logout messages go.
    pub(super) logout: String,
}

impl Party {
    pub(super) fn of(tenant: &Tenant, provider_id: &str) -> Party {
        let at = |page: &str| tenant.page_url(&format!("sso/{provider_id}/{page}"));
        Party { entity_id: at("metadata"), consumer: at("acs"), logout: at("slo") }
    }
}

/// The provider, with its certificates read.
pub(super) struct Counterpart<'a> {
    pub(super) saml: &'a Saml,
    certificates: Vec<Certificate>,
}

impl<'a> Counterpart<'a> {
    /// # Errors
    /// [`Refusal::NotFound`] for a provider of another kind.
    pub(super) fn of(provider: &'a IdentityProvider) -> Result<Counterpart<'a>, Refusal> {
        let Kind::Saml(saml) = &provider.spec.kind else { return Err(Refusal::NotFound) };
        // They were read when they were written down; one that is not any more verifies nothing.
        let certificates = saml.certificates.iter().filter_map(|one| Certificate::parse(one).ok()).collect();
        Ok(Counterpart { saml, certificates })
    }

    pub(super) fn signer(&self) -> Signer<'_> {
        Signer {
            entity_id: &self.saml.idp_entity_id,
            certificates: &self.certificates,
            allow_sha1: self.saml.allow_sha1,
        }
    }
}

/// Why a message is not believed, as callers are told.
pub(super) fn refused(provider: &IdentityProvider, rejected: Rejected) -> Error {
    let why = match rejected {
        Rejected::Broke(rule) => Federation::Forged(rule.text()),
        Rejected::Declined(error) => Federation::Declined { provider: provider.spec.name.clone(), error },
    };
    Refusal::Federation(why).into()
}

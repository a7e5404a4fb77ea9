//! Our metadata, for one provider of a tenant (saml-metadata §2.4.4).

use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::saml::own_keys;
use crate::domain::saml::party::{Counterpart, Party};
use crate::domain::tenants::Tenant;
use crate::model::identity_provider::IdentityProvider;
use crate::saml::certificate::pem;
use crate::saml::service_provider::{self, Description};

/// Its media type, as IANA has it registered.
pub(crate) const MEDIA_TYPE: &str = "application/samlmetadata+xml";

/// The media type of a certificate in PEM (RFC 8555 §9.1 registers it for a chain).
pub(crate) const PEM_MEDIA_TYPE: &str = "application/pem-certificate-chain";

/// The certificate that a provider verifies our signatures with, in PEM: the next key's while there is one.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::NotFound`] for a provider of another kind.
pub(crate) async fn certificate(
    cx: &Cx,
    tenant: &Tenant,
    provider: &IdentityProvider,
) -> Result<String, Error> {
    Counterpart::of(provider)?;
    Ok(pem(&own_keys::newest(cx, &tenant.id, &provider.id).await?))
}

/// The document.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::NotFound`] for a provider of another kind.
pub(crate) async fn of(cx: &Cx, tenant: &Tenant, provider: &IdentityProvider) -> Result<String, Error> {
    let saml = Counterpart::of(provider)?.saml;
    let party = Party::of(tenant, &provider.id);
    let keys = match saml.sign_requests {
        true => Some(own_keys::of(cx, &tenant.id, &provider.id).await?),
        false => None,
    };
    let certificates: Vec<&str> =
        keys.iter().flat_map(|keys| keys.iter().map(|key| key.certificate.as_str())).collect();
    Ok(service_provider::metadata(&Description {
        entity_id: &party.entity_id,
        consumer: &party.consumer,
        logout: &party.logout,
        name_id_format: saml.name_id_format.as_deref(),
        certificates: &certificates,
        signs_requests: saml.sign_requests,
    }))
}

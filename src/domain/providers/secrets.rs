//! Our secrets at identity providers, sealed at rest for one provider and for where they are sent: one that was given for
//! an address opens for no other.

use zeroize::Zeroizing;

use crate::crypto::seal::Sealer;
use crate::cx::Cx;
use crate::model::identity_provider::{IdentityProvider, Kind, ProviderSpec};
use crate::ports::Fault;

/// The purpose that their keys are derived for.
pub(crate) const SEALED_AS: &str = "identity-providers";

fn sealer(cx: &Cx, tenant_id: &str) -> Result<Sealer, Fault> {
    cx.sealer(tenant_id, SEALED_AS)
}

/// Where a provider's secret is sent: what chooses its token endpoint.
pub(super) fn audience(spec: &ProviderSpec) -> &str {
    let endpoints = match &spec.kind {
        Kind::Google(google) => &google.endpoints,
        Kind::Microsoft(microsoft) => &microsoft.endpoints,
        Kind::Github(github) => &github.endpoints,
        Kind::Oidc(oidc) => return &oidc.issuer,
        Kind::Saml(saml) => return &saml.idp_entity_id,
    };
    // Where nothing stands in, it is the service's own, which is built in.
    endpoints.as_ref().map_or(spec.kind.as_str(), |stand_in| &stand_in.token_endpoint)
}

/// What a provider's sealed secret is bound to.
pub(crate) fn row(id: &str, spec: &ProviderSpec) -> String {
    format!("identity_providers/{id}/secret/{}", audience(spec))
}

/// Seals a secret for a provider of that spec.
pub(super) fn seal(
    cx: &Cx,
    tenant_id: &str,
    id: &str,
    spec: &ProviderSpec,
    secret: &str,
) -> Result<String, Fault> {
    sealer(cx, tenant_id)?.seal(cx.random(), &row(id, spec), secret.as_bytes())
}

/// The secret of a provider, if it has one.
pub(super) fn open(
    cx: &Cx,
    tenant_id: &str,
    provider: &IdentityProvider,
) -> Result<Option<Zeroizing<String>>, Fault> {
    let Some(sealed) = &provider.sealed_secret else { return Ok(None) };
    sealer(cx, tenant_id)?.open_text(&row(&provider.id, &provider.spec), sealed).map(Some)
}

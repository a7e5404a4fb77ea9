//! Our client secrets at providers, sealed for one provider of a tenant and for where they are sent: a changed address needs
//! the secret anew.

use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::domain::vault::catalogue::{self, Entry};
use crate::model::vault::ProviderSpec;
use crate::ports::Fault;

/// The purpose that their keys are derived for.
pub(crate) const SEALED_AS: &str = "vault-providers";

/// The provider that a spec describes, with the labels of its templates in its addresses; `None` if the catalogue does not
/// have it, or a label is missing.
pub(super) fn entry_of(id: &str, spec: &ProviderSpec) -> Option<Entry> {
    let entry = spec.own.as_ref().or_else(|| catalogue::find(id))?;
    entry.with_labels(&spec.labels)
}

/// Where a provider's secret is sent: what an administrator says of that. The addresses of the catalogue are the product's.
pub(super) fn audience(spec: &ProviderSpec) -> String {
    let labels: String = spec.labels.iter().map(|(name, label)| format!(" {name}={label}")).collect();
    let Some(oauth) = spec.own.as_ref().and_then(Entry::oauth) else { return format!("catalogue{labels}") };
    let more = [&oauth.refresh_url, &oauth.revocation_url].map(|url| url.as_deref().unwrap_or_default());
    format!("{} {}{labels}", oauth.token_url, more.join(" "))
}

/// What a secret is bound to.
pub(crate) fn row(tenant_id: &str, id: &str, spec: &ProviderSpec) -> String {
    format!("vault_providers/{tenant_id}/{id}/secret/{}", audience(spec))
}

/// Seals a secret for a provider of that spec.
pub(super) fn seal(
    cx: &Cx,
    tenant_id: &str,
    id: &str,
    spec: &ProviderSpec,
    secret: &str,
) -> Result<String, Fault> {
    cx.sealer(tenant_id, SEALED_AS)?.seal(cx.random(), &row(tenant_id, id, spec), secret.as_bytes())
}

/// Opens the secret of a provider.
pub(super) fn open(
    cx: &Cx,
    tenant_id: &str,
    id: &str,
    spec: &ProviderSpec,
    sealed: &str,
) -> Result<Zeroizing<String>, Fault> {
    cx.sealer(tenant_id, SEALED_AS)?.open_text(&row(tenant_id, id, spec), sealed)
}

//! Our metadata, for one provider of a tenant (saml-metadata §2.4.4).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::refusal::Error;
use crate::domain::saml::party::{Counterpart, Party};
use crate::domain::tenants::Tenant;
use crate::model::identity_provider::IdentityProvider;
use crate::model::json;
use crate::model::signing_alg::SigningAlg;
use crate::ports::Fault;
use crate::saml::service_provider::{self, Description, Key};

/// Its media type, as IANA has it registered.
pub(crate) const MEDIA_TYPE: &str = "application/samlmetadata+xml";

/// The document.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::NotFound`] for a provider of another kind.
pub(crate) async fn of(cx: &Cx, tenant: &Tenant, provider: &IdentityProvider) -> Result<String, Error> {
    let saml = Counterpart::of(provider)?.saml;
    let party = Party::of(tenant, &provider.id);
    let keys = if saml.sign_requests { signing_keys(cx, tenant).await? } else { Vec::new() };
    Ok(service_provider::metadata(&Description {
        entity_id: &party.entity_id,
        consumer: &party.consumer,
        logout: &party.logout,
        name_id_format: saml.name_id_format.as_deref(),
        keys: &keys,
        signs_requests: saml.sign_requests,
    }))
}

/// The RSA keys that sign now and next.
async fn signing_keys(cx: &Cx, tenant: &Tenant) -> Result<Vec<Key>, Fault> {
    let keys = keys::for_alg(cx, &tenant.id, SigningAlg::Rs256).await?;
    let set: Value = json::parse(keys.jwks.as_bytes()).map_err(|error| Fault::new("saml", error))?;
    let list = set.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let number = |key: &Value, member: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(key.get(member)?.as_str()?).ok()?;
        Some(STANDARD.encode(bytes))
    };
    let rsa = |key: &Value| Some(Key::Rsa { modulus: number(key, "n")?, exponent: number(key, "e")? });
    Ok(list.iter().filter_map(rsa).collect())
}

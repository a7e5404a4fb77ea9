//! What a gateway route sends of a person's connection: the token or key itself, which its caller never sees.

use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::Tenant;
use crate::domain::vault::registry::Provider;
use crate::domain::vault::sealing::{self, Column, Place, binding_of};
use crate::domain::vault::valid_token;
use crate::model::state::ConnectionKind;
use crate::store;
use crate::store::vault_connections::{Which, read, use_key};

/// The token or key of a person's connection to a provider: the one without a label, or the only one there is.
///
/// # Errors
/// [`Refusal::ConnectionNeeded`] without one that works; [`Refusal::ProviderUnavailable`] where a token is over and the
/// provider does not renew it now.
pub(crate) async fn credential(
    cx: &Cx,
    tenant: &Tenant,
    user_id: &str,
    provider: &Provider,
) -> Result<Zeroizing<String>, Error> {
    let provider_id = provider.entry.id.as_str();
    let which = Which { tenant_id: &tenant.id, user_id, provider_id, label: None };
    if provider.kind() == ConnectionKind::Oauth {
        return match valid_token::for_route(cx, &which).await {
            Err(Error::Refused(Refusal::NotFound | Refusal::NeedsReauthorization)) => {
                Err(needed(tenant, provider))
            }
            answered => answered,
        };
    }
    let rows = store::one(cx.db.as_ref(), use_key(&which, cx.now)).await?;
    let Some(row) = rows.first() else { return Err(needed(tenant, provider)) };
    let connection = read(row)?;
    let Some(sealed) = connection.sealed_key.as_deref() else { return Err(needed(tenant, provider)) };
    let binding = binding_of(&connection);
    let place = Place { tenant_id: &connection.tenant_id, binding: &binding, connection_id: &connection.id };
    Ok(sealing::open(cx, &place, Column::Key, sealed)?)
}

/// That there is no connection that works, and where the person makes one.
fn needed(tenant: &Tenant, provider: &Provider) -> Error {
    let id = &provider.entry.id;
    let path = if provider.entry.oauth().is_some() { "connect" } else { "apikeys" };
    let connect = format!("{}/auth/{path}/{id}", tenant.origin);
    Refusal::ConnectionNeeded { provider: id.clone(), connect }.into()
}

//! What a gateway route sends of a person's connection: the token or key itself, which its caller never sees.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::Tenant;
use crate::domain::vault::connections::check_label;
use crate::domain::vault::registry::Provider;
use crate::domain::vault::sealing::{self, Column, Place, binding_of};
use crate::domain::vault::valid_token::{self, Relayed};
use crate::model::state::ConnectionKind;
use crate::store;
use crate::store::vault_connections::{Which, read, use_key};

/// The label by which a caller chooses one of several connections, as labels are compared.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn check_choice(label: Option<&str>) -> Result<Option<String>, Error> {
    check_label(label)
}

/// The token or key of a person's connection to a provider: the one with that label; if none is said, the one without a
/// label, or the only one there is.
///
/// # Errors
/// [`Refusal::ConnectionNeeded`] without one that works; [`Refusal::ProviderUnavailable`] where a token is over and the
/// provider does not renew it now.
pub(crate) async fn credential(
    cx: &Cx,
    tenant: &Tenant,
    user_id: &str,
    provider: &Provider,
    label: Option<&str>,
) -> Result<Relayed, Error> {
    let provider_id = provider.entry.id.as_str();
    let which = Which { tenant_id: &tenant.id, user_id, provider_id, label };
    if provider.kind() == ConnectionKind::Oauth {
        return match valid_token::for_route(cx, &which).await {
            Err(Error::Refused(Refusal::NotFound | Refusal::NeedsReauthorization)) => {
                Err(needed(tenant, provider, label))
            }
            answered => answered,
        };
    }
    let rows = store::one(cx.db.as_ref(), use_key(&which, cx.now)).await?;
    let Some(row) = rows.first() else { return Err(needed(tenant, provider, label)) };
    let connection = read(row)?;
    let Some(sealed) = connection.sealed_key.as_deref() else {
        return Err(needed(tenant, provider, label));
    };
    let binding = binding_of(&connection);
    let place = Place { tenant_id: &connection.tenant_id, binding: &binding, connection_id: &connection.id };
    let secret = sealing::open(cx, &place, Column::Key, sealed)?;
    Ok(Relayed { secret, label: connection.label })
}

/// That there is no connection that works, and where the person makes one.
fn needed(tenant: &Tenant, provider: &Provider, label: Option<&str>) -> Error {
    let (id, origin) = (&provider.entry.id, &tenant.origin);
    let connect = match (provider.entry.oauth(), label.unwrap_or_default()) {
        (None, _) => format!("{origin}/auth/apikeys/{id}"),
        (Some(_), "") => format!("{origin}/auth/connect/{id}"),
        (Some(_), label) => {
            let label = utf8_percent_encode(label, NON_ALPHANUMERIC);
            format!("{origin}/auth/connect/{id}?label={label}")
        }
    };
    let page = format!("{origin}/tenant/{}/account#connections", tenant.id);
    Refusal::ConnectionNeeded { provider: id.clone(), connect, page }.into()
}

//! `GET …/.well-known/openid-configuration` and `…/oauth-authorization-server`: the tenant's metadata, with
//! the well-known part behind the issuer's path (OpenID Connect Discovery 1.0 §4) or before it (RFC 8414 §3). An address
//! that is not of the tenant's issuer has none (RFC 8414 §3.3): whoever asks there would be told of another.

use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::domain::tenants::{self, ClientRegistration, MfaPolicy};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::oidc::discovery::metadata;

pub(super) async fn discovery(cx: &Cx, call: &Call<'_>) -> Answer {
    let tenant = &call.resolved.tenant;
    let named = Some(call.param("tenant")).filter(|id| !id.is_empty());
    if tenants::issuer_of_address(cx, &call.request.host, named) != tenant.issuer {
        return Err(Refusal::NotFound.into());
    }
    let registration = tenant.settings.client_registration != ClientRegistration::Closed;
    let documents = tenant.settings.takes_metadata_documents();
    let second_factors = tenant.settings.mfa != MfaPolicy::Off;
    Ok(Response::json(200, &metadata(&tenant.issuer, registration, documents, second_factors))
        .with("cache-control", "public, max-age=300")
        .with("access-control-allow-origin", "*"))
}

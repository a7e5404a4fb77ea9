//! `v2/Domains`: mail domains, and the providers that their people sign in with.

use serde::{Deserialize, Serialize};

use crate::api::tenant::list::whole;
use crate::cx::Cx;
use crate::domain::providers::domains;
use crate::domain::session::principal::{CredentialAdmin, Operator};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::store::email_domains::MailDomain;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// As `example.com`. Addresses of domains below it are not of it.
    domain: String,
    /// The id of the identity provider that its people sign in with.
    provider: String,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Domain {
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    /// In ASCII and lower case.
    domain: String,
    /// The id of the identity provider.
    provider: String,
    /// What proves the domain.
    record: Record,
    /// `pending` or `verified`.
    status: &'static str,
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    verified_at: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
struct Record {
    name: String,
    /// `TXT`.
    r#type: &'static str,
    value: String,
}

impl From<MailDomain> for Domain {
    fn from(domain: MailDomain) -> Domain {
        let (name, value) = domains::record(&domain);
        Domain {
            created_at: domain.created_at.rfc3339(),
            domain: domain.domain,
            provider: domain.provider_id,
            record: Record { name, r#type: "TXT", value },
            status: if domain.is_verified { "verified" } else { "pending" },
            verified_at: domain.verified_at.map(|at| at.rfc3339()),
        }
    }
}

fn made(tenant_id: &str, domain: MailDomain) -> Response {
    let location = format!("/tenant/{tenant_id}/v2/Domains/{}", domain.domain);
    Response::json(201, &Domain::from(domain)).with("location", location)
}

pub(super) async fn list(cx: &Cx, _: &Call<'_>, admin: CredentialAdmin) -> Answer {
    Ok(Response::json(200, &whole(domains::list(cx, &admin.tenant).await?, Domain::from)))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    Ok(Response::json(200, &Domain::from(domains::find(cx, &admin.tenant, call.param("domain")).await?)))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    Ok(made(&admin.tenant.id, domains::add(cx, &admin, &body.domain, &body.provider).await?))
}

pub(super) async fn verify(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    Ok(Response::json(200, &Domain::from(domains::verify(cx, &admin, call.param("domain")).await?)))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    domains::remove(cx, &admin, call.param("domain")).await?;
    Ok(Response::empty(204))
}

/// The operator proves a tenant's domain by word.
pub(super) async fn create_by_word(cx: &Cx, call: &Call<'_>, operator: Operator) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let id = call.param("id");
    Ok(made(id, domains::add_by_word(cx, &operator, id, &body.domain, &body.provider).await?))
}

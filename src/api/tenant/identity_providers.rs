//! `v2/IdentityProviders`: where a tenant's people sign in instead of here.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::federation::examine;
use crate::domain::providers::{self, manage};
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::CredentialAdmin;
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::{Response, Sorted};
use crate::model::identity_provider::ProviderSpec;
use crate::model::json;
use crate::model::provider_description::ProviderDescription;
use crate::store::identity_providers::StoredProvider;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    /// Whether it has a secret, which is never shown.
    client_secret_set: bool,
    created_at: String,
    /// Its mail domains, proved or not.
    domains: Vec<String>,
    id: String,
    #[serde(flatten)]
    spec: ProviderSpec,
}

impl From<StoredProvider> for Provider {
    fn from(stored: StoredProvider) -> Provider {
        Provider {
            client_secret_set: stored.provider.sealed_secret.is_some(),
            created_at: stored.created_at.rfc3339(),
            domains: stored.domains,
            id: stored.provider.id,
            spec: stored.provider.spec,
        }
    }
}

/// The members of a body that may be what we answered before.
async fn members(call: &Call<'_>) -> Result<Map<String, Value>, Error> {
    let members = body::object(call, LARGE).await?;
    if members.get("id").is_some_and(|sent| sent != call.param("id")) {
        return Err(invalid("id", "the one of the path"));
    }
    Ok(members)
}

fn describe(members: Map<String, Value>) -> Result<ProviderDescription, Error> {
    Ok(json::read(members.into()).map_err(Refusal::from)?)
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let providers = manage::list(cx, &admin.tenant, &page(call)?).await?;
    Ok(Response::json(200, &listed(providers, |one| Sorted(Provider::from(one)))))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let said = describe(body::object(call, LARGE).await?)?;
    let made = manage::create(cx, &admin, said).await?;
    let location = format!("/tenant/{}/v2/IdentityProviders/{}", admin.tenant.id, made.provider.id);
    Ok(Response::json(201, &Sorted(Provider::from(made))).with("location", location))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let found = manage::find(cx, &admin.tenant, call.param("id")).await?;
    Ok(Response::json(200, &Sorted(Provider::from(found))))
}

pub(super) async fn replace(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let mut said = members(call).await?;
    let was = manage::find(cx, &admin.tenant, call.param("id")).await?;
    said.entry("kind").or_insert_with(|| was.provider.spec.kind.as_str().into());
    let new = manage::replace(cx, &admin, was, describe(said)?).await?;
    Ok(Response::json(200, &Sorted(Provider::from(new))))
}

/// Member by member; null stands for the default, and takes the secret away.
pub(super) async fn change(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let changes = members(call).await?;
    let was = manage::find(cx, &admin.tenant, call.param("id")).await?;
    let mut all = match serde_json::to_value(Provider::from(was.clone())) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    // What is not said of them stays as it is, whatever becomes of them meanwhile.
    all.remove("domains");
    let is_said = |name: &str| changes.get(name).is_some_and(|said| !said.is_null());
    if is_said("metadataUrl") || is_said("metadataXml") {
        // Those are what the metadata says.
        providers::IN_METADATA.iter().for_each(|name| drop(all.remove(*name)));
    }
    all.extend(changes);
    let new = manage::replace(cx, &admin, was, describe(all)?).await?;
    Ok(Response::json(200, &Sorted(Provider::from(new))))
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Tested {
    checks: Vec<Check>,
    /// Whether all of them are.
    ok: bool,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
struct Check {
    /// The member of the provider, or of its metadata.
    field: &'static str,
    message: String,
    ok: bool,
}

pub(super) async fn test(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let found = examine::examine(cx, &admin, call.param("id")).await?;
    let ok = found.iter().all(|one| one.is_ok);
    let checks = found.into_iter().map(|one| Check { field: one.field, message: one.message, ok: one.is_ok });
    Ok(Response::json(200, &Tested { checks: checks.collect(), ok }))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    manage::delete(cx, &admin, call.param("id")).await?;
    Ok(Response::empty(204))
}

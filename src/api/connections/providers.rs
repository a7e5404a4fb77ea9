//! `/auth/providers`: what people of a tenant can connect. Administrators set entries of the catalogue up and make providers
//! of the tenant's own.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::connections::shapes::Succeeded;
use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::{Credential, CredentialAdmin, Session};
use crate::domain::vault::manage;
use crate::domain::vault::registry::{self, Provider as Known};
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::json;
use crate::model::role::ADMIN;
use crate::model::state::ConnectionKind;
use crate::model::vault_provider::VaultProviderDescription;

/// A provider, as everybody is shown it.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Provider {
    id: String,
    name: String,
    /// The name of its icon.
    icon: String,
    /// What it is for.
    categories: Vec<String>,
    connection_type: ConnectionKind,
    /// Whether the tenant said all that a connection takes.
    configured: bool,
    /// Whether it can be connected here.
    enabled: bool,
    /// Whether it is one of the tenant's own.
    own: bool,
    /// What is asked for where a connection says nothing else.
    scopes: Vec<String>,
    /// The names of the DNS labels that stand in its addresses.
    templates: Vec<String>,
    /// For administrators: our client id there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    client_id: Option<String>,
    /// For administrators: whether it has a secret, which is never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    client_secret_set: Option<bool>,
    /// For administrators: the DNS labels of its templates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    labels: Option<BTreeMap<String, String>>,
}

/// Providers by name.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Providers(Vec<Provider>);

impl Provider {
    fn of(known: &Known, for_administrators: bool) -> Provider {
        let entry = &known.entry;
        let spec = known.stored.as_ref().map(|stored| &stored.spec);
        let setup = spec.filter(|_| for_administrators);
        Provider {
            id: entry.id.clone(),
            name: entry.name.clone(),
            icon: entry.icon.clone(),
            categories: entry.categories.clone(),
            connection_type: known.kind(),
            configured: known.is_configured(),
            enabled: known.enabled,
            own: known.is_own,
            scopes: known.default_scopes(),
            templates: entry.templates.clone(),
            client_id: setup.and_then(|spec| spec.client_id.clone()),
            client_secret_set: for_administrators.then_some(known.secret.is_some()),
            labels: setup.map(|spec| spec.labels.clone()),
        }
    }
}

fn is_admin(credential: &Credential) -> bool {
    credential.subject.roles().iter().any(|role| role == ADMIN)
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, session: Session) -> Answer {
    let whole = match call.query("all").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(invalid("all", "true or false")),
    };
    if whole && !is_admin(&session) {
        return Err(Refusal::Forbidden.into());
    }
    let mut all = registry::all(cx, &session.tenant).await?;
    all.retain(|one| whole || one.enabled && one.is_configured());
    let shown = all.iter().map(|one| Provider::of(one, whole)).collect();
    Ok(Response::json(200, &Providers(shown)))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, session: Session) -> Answer {
    let id = call.param("id");
    let is_admin = is_admin(&session);
    let found = match is_admin {
        true => registry::find(cx, &session.tenant, id).await?,
        false => registry::usable(cx, &session.tenant, id).await?,
    };
    Ok(Response::json(200, &Provider::of(&found, is_admin)))
}

fn describe(members: Map<String, Value>) -> Result<VaultProviderDescription, Error> {
    Ok(json::read(members.into()).map_err(Refusal::from)?)
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let said = describe(body::object(call, LARGE).await?)?;
    let made = manage::create(cx, &admin, said).await?;
    let location = format!("/auth/providers/{}", made.entry.id);
    Ok(Response::json(201, &Provider::of(&made, true)).with("location", location))
}

pub(super) async fn replace(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    let members = body::object(call, LARGE).await?;
    if members.get("id").is_some_and(|sent| sent != call.param("id")) {
        return Err(invalid("id", "the one of the path"));
    }
    let new = manage::replace(cx, &admin, call.param("id"), describe(members)?).await?;
    Ok(Response::json(200, &Provider::of(&new, true)))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: CredentialAdmin) -> Answer {
    manage::delete(cx, &admin, call.param("id")).await?;
    Ok(Response::json(200, &Succeeded::new()))
}

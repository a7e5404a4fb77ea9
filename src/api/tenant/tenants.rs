//! `v2/Tenants`: the deployment's tenants, for its operator.

use serde::{Deserialize, Serialize};

use crate::api::tenant::list::{listed, page};
use crate::api::tenant::users::{User, said};
use crate::cx::Cx;
use crate::domain::admin::administrators;
use crate::domain::admin::operator::{self as tenants, NewTenant, TenantChanges};
use crate::domain::admin::users::NewUser;
use crate::domain::federation::trials::ends_at;
use crate::domain::refusal::invalid;
use crate::domain::session::principal::Operator;
use crate::domain::session::recency::{self, Lasting};
use crate::http::body::{self, LARGE, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::json;
use crate::model::state::TenantStatus;
use crate::store::tenants::TenantRow;
use crate::store::trial_holders::{self, Holder};

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[serde(default)]
    id: Option<String>,
    name: String,
    #[serde(default)]
    host: Option<String>,
    /// The first administrator: the operator's own token is not the tenant's.
    #[serde(default, deserialize_with = "json::maybe_object")]
    admin: Option<FirstAdmin>,
    /// Whether it may sign its people in with its own provider.
    #[serde(default)]
    enterprise: bool,
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct FirstAdmin {
    email: String,
    password: String,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Changed {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    enterprise: Option<bool>,
    /// Unchanged if absent; null takes it away.
    #[serde(default, deserialize_with = "said")]
    host: Option<Option<String>>,
    /// Unchanged if absent; null makes a trial a tenant like others.
    #[serde(default, deserialize_with = "null")]
    trial: Option<()>,
}

/// That null was said; anything else is refused.
fn null<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<()>, D::Error> {
    <()>::deserialize(field).map(Some)
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct NewAdmin {
    email: String,
    /// The display name of a user who is made; an existing user keeps theirs.
    #[serde(default)]
    name: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Tenant {
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    created_at: String,
    /// Whether it may sign its people in with its own provider, by OpenID Connect or SAML 2.0.
    enterprise: bool,
    /// The tenant's own host, by which its issuer is `https://{host}`.
    host: Option<String>,
    id: String,
    name: String,
    status: TenantStatus,
    /// Whose trial it is, while it is one.
    trial: Option<Trial>,
}

/// A tenant that a person made by signing in with Google or Microsoft for the first time. It has the organisation that the
/// provider names, or the person.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Trial {
    /// When it is removed, with everything in it, if nobody signs in before.
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = DateTime))]
    ends_at: String,
    /// The provider, as its tokens name it.
    issuer: String,
    /// The organisation there: Google's `hd`, Microsoft's `tid`.
    organisation: Option<String>,
    /// The person there, where the account is none of an organisation.
    subject: Option<String>,
}

impl From<trial_holders::Trial> for Trial {
    fn from(trial: trial_holders::Trial) -> Trial {
        let ends_at = ends_at(&trial).rfc3339();
        let Holder { issuer, holder } = trial.of;
        let part = |prefix: &str| holder.strip_prefix(prefix).map(str::to_owned);
        let (organisation, subject) = (part("organisation/"), part("person/"));
        Trial { ends_at, issuer, organisation, subject }
    }
}

impl From<TenantRow> for Tenant {
    fn from(tenant: TenantRow) -> Tenant {
        Tenant {
            created_at: tenant.created_at.rfc3339(),
            enterprise: tenant.enterprise,
            host: tenant.host,
            id: tenant.id,
            name: tenant.name,
            status: tenant.status,
            trial: tenant.trial.map(Trial::from),
        }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, _: Operator) -> Answer {
    let trials = match call.query("trial").as_deref() {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(invalid("trial", "true or false")),
    };
    Ok(Response::json(200, &listed(tenants::list(cx, trials, &page(call)?).await?, Tenant::from)))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, operator: Operator) -> Answer {
    let body: Body = body::json(call, LARGE).await?;
    recency::require(cx, &operator, Lasting::ApiKey).await?;
    let admin = body.admin.map(|admin| NewUser {
        email: admin.email,
        password: Some(admin.password),
        name: admin.name,
        ..NewUser::default()
    });
    let new = NewTenant { id: body.id, name: body.name, host: body.host, enterprise: body.enterprise, admin };
    let tenant = tenants::create(cx, operator.actor(), new).await?;
    let location = format!("/tenant/home/v2/Tenants/{}", tenant.id);
    Ok(Response::json(201, &Tenant::from(tenant)).with("location", location))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, _: Operator) -> Answer {
    Ok(Response::json(200, &Tenant::from(tenants::find(cx, call.param("id")).await?)))
}

pub(super) async fn change(cx: &Cx, call: &Call<'_>, operator: Operator) -> Answer {
    let changed: Changed = body::json(call, LARGE).await?;
    let changes = TenantChanges {
        name: changed.name,
        status: changed.status,
        enterprise: changed.enterprise,
        host: changed.host,
        ends_trial: changed.trial.is_some(),
    };
    let tenant = tenants::change(cx, operator.actor(), call.param("id"), changes).await?;
    Ok(Response::json(200, &Tenant::from(tenant)))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, operator: Operator) -> Answer {
    tenants::delete(cx, operator.actor(), call.param("id")).await?;
    Ok(Response::empty(204))
}

pub(super) async fn add_admin(cx: &Cx, call: &Call<'_>, operator: Operator) -> Answer {
    let body: NewAdmin = body::json(call, SMALL).await?;
    recency::require(cx, &operator, Lasting::ApiKey).await?;
    let id = call.param("id");
    let (user, made) = administrators::add(cx, &operator, id, &body.email, body.name.as_deref()).await?;
    if !made {
        return Ok(Response::json(200, &User::from(user)));
    }
    let location = format!("/tenant/{}/v2/Users/{}", user.tenant_id, user.id);
    Ok(Response::json(201, &User::from(user)).with("location", location))
}

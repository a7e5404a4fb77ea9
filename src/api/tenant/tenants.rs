//! `v2/Tenants`: the deployment's tenants, for its operator.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::principal::Operator;
use crate::domain::tenants::{self, NewTenant};
use crate::domain::users::NewUser;
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::store::tenants::TenantRow;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    id: Option<String>,
    name: String,
    #[serde(default)]
    host: Option<String>,
    /// The first administrator: the operator's own token is not the tenant's.
    #[serde(default)]
    admin: Option<FirstAdmin>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstAdmin {
    email: String,
    password: String,
    #[serde(default)]
    name: Option<String>,
}

fn shape(tenant: &TenantRow) -> Value {
    json!({
        "id": tenant.id, "name": tenant.name, "status": tenant.status, "createdAt": tenant.created_at.rfc3339(),
    })
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, _: Operator) -> Answer {
    Ok(Response::json(200, &listed(&tenants::list(cx, &page(call)?).await?, shape)))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, operator: Operator) -> Answer {
    let body: Body = body::json(call, LARGE).await?;
    let admin = body.admin.map(|admin| NewUser {
        email: admin.email,
        password: Some(admin.password),
        name: admin.name,
        ..NewUser::default()
    });
    let new = NewTenant { id: body.id, name: body.name, host: body.host, admin };
    let tenant = tenants::create(cx, operator.actor(), new).await?;
    Ok(Response::json(201, &shape(&tenant)))
}

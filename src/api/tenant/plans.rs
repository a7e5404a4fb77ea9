//! `v2/Plans`.

use serde::{Deserialize, Serialize};

use crate::api::tenant::list::whole;
use crate::cx::Cx;
use crate::domain::gateway::plans;
use crate::domain::refusal::{Refusal, invalid};
use crate::domain::session::principal::Admin;
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::role;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// Taken from the path in a change.
    #[serde(default)]
    name: Option<String>,
    rank: i64,
    #[serde(default)]
    features: Vec<String>,
}

impl Body {
    fn plan(self, name: String) -> role::Plan {
        role::Plan { name, rank: self.rank, features: self.features }
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Plan {
    features: Vec<String>,
    name: String,
    rank: i64,
}

impl From<role::Plan> for Plan {
    fn from(plan: role::Plan) -> Plan {
        Plan { features: plan.features, name: plan.name, rank: plan.rank }
    }
}

pub(super) async fn list(cx: &Cx, _: &Call<'_>, admin: Admin) -> Answer {
    Ok(Response::json(200, &whole(plans::list(cx, &admin.tenant).await?, Plan::from)))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let mut body: Body = body::json(call, LARGE).await?;
    let name = body.name.take().ok_or_else(|| invalid("name", "is missing"))?;
    let plan = body.plan(name);
    plans::put(cx, &admin.tenant, admin.actor(), &plan, true).await?;
    Ok(Response::json(201, &Plan::from(plan)))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let mut all = plans::list(cx, &admin.tenant).await?.into_iter();
    let plan = all.find(|plan| plan.name == call.param("name")).ok_or(Refusal::NotFound)?;
    Ok(Response::json(200, &Plan::from(plan)))
}

pub(super) async fn change(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let body: Body = body::json(call, LARGE).await?;
    let name = call.param("name").to_owned();
    if body.name.as_ref().is_some_and(|said| *said != name) {
        return Err(invalid("name", "cannot be changed"));
    }
    let plan = body.plan(name);
    plans::put(cx, &admin.tenant, admin.actor(), &plan, false).await?;
    Ok(Response::json(200, &Plan::from(plan)))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    plans::delete(cx, &admin.tenant, admin.actor(), call.param("name")).await?;
    Ok(Response::empty(204))
}

//! `v2/Roles`.

use serde::{Deserialize, Serialize};

use crate::api::tenant::list::whole;
use crate::cx::Cx;
use crate::domain::gateway::roles;
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
    /// Custom scopes of everyone who has this role or a higher one; unchanged if absent.
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Role {
    name: String,
    rank: i64,
    /// Custom scopes of everyone who has this role or a higher one, if any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
}

impl From<role::Role> for Role {
    fn from(role: role::Role) -> Role {
        Role { name: role.name, rank: role.rank, scopes: role.scopes }
    }
}

pub(super) async fn list(cx: &Cx, _: &Call<'_>, admin: Admin) -> Answer {
    Ok(Response::json(200, &whole(roles::list(cx, &admin.tenant).await?, Role::from)))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let mut body: Body = body::json(call, LARGE).await?;
    let name = body.name.take().ok_or_else(|| invalid("name", "is missing"))?;
    let role = role::Role { name, rank: body.rank, scopes: body.scopes.unwrap_or_default() };
    let role = roles::create(cx, &admin, role).await?;
    Ok(Response::json(201, &Role::from(role)))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let mut all = roles::list(cx, &admin.tenant).await?.into_iter();
    let role = all.find(|role| role.name == call.param("name")).ok_or(Refusal::NotFound)?;
    Ok(Response::json(200, &Role::from(role)))
}

pub(super) async fn change(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let body: Body = body::json(call, LARGE).await?;
    let name = call.param("name").to_owned();
    if body.name.as_ref().is_some_and(|said| *said != name) {
        return Err(invalid("name", "cannot be changed"));
    }
    let role = roles::change(cx, &admin, name, body.rank, body.scopes).await?;
    Ok(Response::json(200, &Role::from(role)))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    roles::delete(cx, &admin.tenant, admin.actor(), call.param("name")).await?;
    Ok(Response::empty(204))
}

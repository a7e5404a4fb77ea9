//! `v2/Routes`.

use serde::Serialize;

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::gateway::routes;
use crate::domain::session::principal::Admin;
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::{Response, Sorted};
use crate::model::route::{Route as Stored, RouteSpec};

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Route {
    id: String,
    #[serde(flatten)]
    spec: RouteSpec,
}

/// With the audience that the assertion has.
fn shape(route: Stored) -> Sorted<Route> {
    let audience = Some(route.spec.audience().to_owned());
    Sorted(Route { id: route.id, spec: RouteSpec { audience, ..route.spec } })
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let routes = routes::list(cx, &admin.tenant, &page(call)?).await?;
    Ok(Response::json(200, &listed(routes, shape)))
}

pub(super) async fn create(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let spec: RouteSpec = body::json(call, LARGE).await?;
    let route = routes::create(cx, &admin, spec).await?;
    let location = format!("/tenant/{}/v2/Routes/{}", admin.tenant.id, route.id);
    Ok(Response::json(201, &shape(route)).with("location", location))
}

pub(super) async fn read(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    Ok(Response::json(200, &shape(routes::find(cx, &admin.tenant, call.param("id")).await?)))
}

pub(super) async fn replace(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let spec: RouteSpec = body::json(call, LARGE).await?;
    let route = routes::replace(cx, &admin, call.param("id"), spec).await?;
    Ok(Response::json(200, &shape(route)))
}

pub(super) async fn delete(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    routes::delete(cx, &admin, call.param("id")).await?;
    Ok(Response::empty(204))
}

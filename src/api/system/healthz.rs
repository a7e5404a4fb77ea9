//! `GET /healthz`: whether the Worker can serve. It is 503 while the database lacks this version's migrations.

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::readiness;
use crate::domain::refusal::Refusal;
use crate::http::guard::Answer;
use crate::http::request::Request;
use crate::http::response::Response;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Health {
    status: &'static str,
}

pub(super) async fn healthz(cx: &Cx, _: &Request) -> Answer {
    if !readiness::is_ready(cx).await {
        return Err(Refusal::Unready.into());
    }
    Ok(Response::json(200, &Health { status: "ok" }))
}

//! `GET /healthz`: whether the Worker can serve. It is 503 while the database lacks this version's migrations.

use serde_json::json;

use crate::cx::Cx;
use crate::domain::readiness;
use crate::domain::refusal::Refusal;
use crate::http::guard::Answer;
use crate::http::request::Request;
use crate::http::response::Response;

pub(super) async fn healthz(cx: &Cx, _: &Request) -> Answer {
    if !readiness::is_ready(cx).await {
        return Err(Refusal::Unready.into());
    }
    Ok(Response::json(200, &json!({ "status": "ok" })))
}

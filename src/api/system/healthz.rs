//! `GET /healthz`: the Worker serves.

use serde_json::json;

use crate::cx::Cx;
use crate::http::guard::Answer;
use crate::http::request::Request;
use crate::http::response::Response;

pub(super) async fn healthz(_: &Cx, _: &Request) -> Answer {
    Ok(Response::json(200, &json!({ "status": "ok" })))
}

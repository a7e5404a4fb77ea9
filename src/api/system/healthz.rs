//! `GET /healthz`: the Worker serves.

use serde_json::json;

use crate::cx::Cx;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

pub(super) async fn healthz(_: &Cx, _: &Call<'_>) -> Answer {
    Ok(Response::json(200, &json!({ "status": "ok" })))
}

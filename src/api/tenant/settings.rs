//! `v2/Settings`: read, and changed member by member.

use serde_json::Value;

use crate::cx::Cx;
use crate::domain::admin::settings;
use crate::domain::refusal::Error;
use crate::domain::session::principal::Admin;
use crate::domain::tenants::Settings;
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::ports::Fault;

fn shape(settings: &Settings) -> Result<Value, Error> {
    serde_json::to_value(settings).map_err(|error| Fault::new("settings", error).into())
}

pub(super) async fn read(_: &Cx, _: &Call<'_>, admin: Admin) -> Answer {
    Ok(Response::json(200, &shape(&admin.tenant.settings)?))
}

pub(super) async fn change(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let changes = body::object(call, LARGE).await?;
    let settings = settings::change(cx, &admin, changes).await?;
    Ok(Response::json(200, &shape(&settings)?))
}

//! `v2/Usage`: monthly active users, newest month first.

use serde_json::{Value, json};

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::people::usage;
use crate::domain::session::principal::Admin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::store::usage::Month;

fn shape(month: &Month) -> Value {
    json!({ "month": month.month, "monthlyActiveUsers": month.users })
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let months = usage::list(cx, &admin.tenant, &page(call)?).await?;
    Ok(Response::json(200, &listed(&months, shape)))
}

//! `v2/Usage`: monthly active users, newest month first.

use serde::Serialize;

use crate::api::tenant::list::{listed, page};
use crate::cx::Cx;
use crate::domain::people;
use crate::domain::session::principal::Admin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::store::usage;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Month {
    /// As `2026-05`.
    month: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(minimum = 0))]
    monthly_active_users: i64,
}

impl From<usage::Month> for Month {
    fn from(month: usage::Month) -> Month {
        Month { month: month.month, monthly_active_users: month.users }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let months = people::usage::list(cx, &admin.tenant, &page(call)?).await?;
    Ok(Response::json(200, &listed(months, Month::from)))
}

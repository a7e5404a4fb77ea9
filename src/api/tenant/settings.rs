//! `v2/Settings`: read, and changed member by member.

use crate::cx::Cx;
use crate::domain::admin::settings;
use crate::domain::session::principal::Admin;
use crate::http::body::{self, LARGE};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::{Response, Sorted};

pub(super) async fn read(_: &Cx, _: &Call<'_>, admin: Admin) -> Answer {
    Ok(Response::json(200, &Sorted(&admin.tenant.settings)))
}

pub(super) async fn change(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let changes = body::object(call, LARGE).await?;
    let settings = settings::change(cx, &admin, changes).await?;
    Ok(Response::json(200, &Sorted(settings)))
}

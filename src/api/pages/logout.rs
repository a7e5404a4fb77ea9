//! `/tenant/{tenant}/logout`: GET asks, POST ends the browser's session.

use askama::Template;

use crate::api::pages::login::same_origin;
use crate::api::pages::{notice, page};
use crate::cx::Cx;
use crate::domain::principal;
use crate::domain::sessions::{self, COOKIE};
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Template)]
#[template(path = "logout.html")]
struct Logout<'a> {
    tenant: &'a str,
    tenant_id: &'a str,
}

pub(super) async fn show(_: &Cx, call: &Call<'_>) -> Answer {
    let tenant = &call.chosen.tenant;
    Ok(page(200, &Logout { tenant: &tenant.name, tenant_id: &tenant.id })?)
}

pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    same_origin(call)?;
    if let Some(cookie) = call.request.headers.cookie(COOKIE)
        && let Some(credential) = principal::by_cookie(cx, cookie).await?
        && let Some(session_id) = &credential.session_id
    {
        sessions::end(cx, &credential.tenant.id, credential.actor(), session_id).await?;
    }
    let gone = format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    Ok(notice("Signed out", "You are signed out.", Some(&call.chosen.tenant.id))?.with("set-cookie", gone))
}

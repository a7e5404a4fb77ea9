//! `/tenant/{tenant}/logout`: GET asks, POST ends the browser's session.

use askama::Template;

use crate::api::pages::form::Fields;
use crate::api::pages::messages::Messages;
use crate::api::pages::place::Place;
use crate::api::pages::signed_out;
use crate::cx::Cx;
use crate::domain::session::principal;
use crate::domain::session::sessions::{self, COOKIE};
use crate::http::guard::Answer;
use crate::http::request::Call;

#[derive(Template)]
#[template(path = "logout.html")]
struct Logout<'a> {
    m: &'static Messages,
    place: &'a Place,
}

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of(cx, call, None).await?;
    Ok(place.page(200, &Logout { m: place.m, place })?)
}

pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    Fields::of(call).await?;
    if let Some(cookie) = call.request.headers.cookie(COOKIE)
        && let Some(credential) = principal::by_cookie(cx, cookie).await?
        && let Some(session_id) = &credential.session_id
    {
        sessions::end(cx, &credential.tenant.id, credential.actor(), session_id).await?;
    }
    let gone = format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    Ok(signed_out(call.request, Some(&call.resolved.tenant.id))?.with("set-cookie", gone))
}

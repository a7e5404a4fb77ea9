//! `/tenant/{tenant}/logout`: GET asks, POST ends the browser's session.

use askama::Template;
use futures_util::future::join;

use crate::api::pages::form::Fields;
use crate::api::pages::messages::Messages;
use crate::api::pages::place::Place;
use crate::api::pages::{signed_out, sso};
use crate::cx::Cx;
use crate::domain::saml::sign_out;
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
    let mut there = None;
    if let Some(cookie) = call.request.headers.cookie(COOKIE)
        && let Some(credential) = principal::by_cookie(cx, cookie).await?
        && let Some(session_id) = &credential.session_id
    {
        let end = sessions::end(cx, &credential.tenant.id, credential.actor(), session_id);
        let (ended, begun) = join(end, sign_out::begin(cx, &call.resolved.tenant, session_id, None)).await;
        ended?;
        there = begun?;
    }
    let gone = format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    // Who began at a provider that takes it signs out there as well.
    if let Some(begun) = there {
        return Ok(sso::leave_for_provider(call.request, &begun)?.with("set-cookie", gone));
    }
    Ok(signed_out(call.request, Some(&call.resolved.tenant.id))?.with("set-cookie", gone))
}

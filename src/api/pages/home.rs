//! `/`, until a route of the gateway owns it: the way to sign in, to one's account, for administrators to the console, and to the documentation.

use askama::Template;

use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::place::Place;
use crate::cx::Cx;
use crate::domain::session::principal;
use crate::domain::session::sessions::COOKIE;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::model::role::ADMIN;

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    m: &'static Messages,
    place: &'a Place,
    text: String,
    signed_in: bool,
    /// Whether it is an administrator.
    admin: bool,
    /// The tenant's own home page, and what it is called.
    own: Option<(&'a str, String)>,
}

/// The page.
pub(crate) async fn home(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = &Place::of(cx, call, None).await?;
    let m = place.m;
    let session = principal::browser(cx, &call.resolved, call.request.headers.cookie(COOKIE)).await?;
    let text = match &session {
        Some(session) => fill(m.home_in, "email", &session.user.email),
        None => m.home_out.to_owned(),
    };
    let admin = session.as_ref().is_some_and(|session| session.user.roles.iter().any(|role| role == ADMIN));
    let own = place.tenant.settings.home_url.as_deref();
    let own = own.map(|url| (url, fill(m.home_go, "tenant", &place.tenant.name)));
    Ok(place.page(200, &Home { m, place, text, signed_in: session.is_some(), admin, own })?)
}

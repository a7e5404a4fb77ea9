//! Leaving our pages after a form of theirs, to wherever a person goes next: a client, a route, an address after
//! sign-out.
//!
//! Browsers hold every redirect that follows a form to the `form-action` of its page (CSP 3 §6.4.2), those of the next
//! server as well, which may lead anywhere. So what follows a form ends at a page that leads on by itself: a navigation
//! of its own, which no policy of the form's page is about. Only from our own sign-in pages to a path of this origin do
//! redirects go all the way, as their policy lets forms lead anywhere.

use askama::Template;

use crate::api::pages::form::follows_a_form;
use crate::api::pages::messages::{self, Messages};
use crate::api::pages::place::Place;
use crate::cx::Cx;
use crate::http::guard::Answer;
use crate::http::request::{Call, Request};
use crate::http::response::Response;
use crate::ports::Fault;

#[derive(Template)]
#[template(path = "leave.html")]
struct Leave<'a> {
    m: &'static Messages,
    to: &'a str,
}

/// `/tenant/{tenant}/continue`: where a user who has just signed in on a tenant's own page is sent, and goes on from.
pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let place = Place::of(cx, call, None).await?;
    page(call.request, place.onward())
}

/// Sends a browser on: to a path of ours, or to an address that a client registered.
///
/// # Errors
/// Only if the page does not render.
pub(crate) fn leave(request: &Request, to: &str) -> Answer {
    // A scheme of an application's own ends there, and opens it only while the person's click counts.
    let web = ["/", "https://", "http://"].iter().any(|start| to.starts_with(start));
    if !web || !follows_a_form(request) {
        return Ok(Response::see_other(to));
    }
    page(request, to)
}

fn page(request: &Request, to: &str) -> Answer {
    let page = Leave { m: messages::of(request), to };
    Ok(Response::html(200, page.render().map_err(|error| Fault::new("page", error))?))
}

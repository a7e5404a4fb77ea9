//! A page that says one thing.

use askama::Template;

use crate::api::pages::messages::Messages;
use crate::api::pages::place::Place;
use crate::http::response::Response;
use crate::ports::Fault;

#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct Notice<'a> {
    pub(super) m: &'static Messages,
    pub(super) tenant: Option<&'a str>,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    /// Where to go from here: a path, and what it is called.
    pub(super) next: Option<(String, &'a str)>,
}

/// A page that says one thing, and leads to another page of the tenant.
pub(super) fn show_notice(
    place: &Place,
    title: &str,
    text: &str,
    next: Option<(&str, &str)>,
) -> Result<Response, Fault> {
    let next = next.map(|(page, name)| (place.link(page), name));
    place.page(200, &Notice { m: place.m, tenant: Some(&place.tenant.name), title, text, next })
}

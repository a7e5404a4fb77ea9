//! The page of a deployment whose settings are missing, for whoever sets it up: which they are, and what each must be.

use askama::Template;

use crate::api::pages::messages::{self, Messages};
use crate::config::{Problem, Unconfigured};
use crate::http::request::Request;
use crate::http::response::Response;

#[derive(Template)]
#[template(path = "unconfigured.html")]
struct Page<'a> {
    m: &'static Messages,
    /// In the developer's language: the names are the settings' own.
    problems: &'a [Problem],
}

/// The page. If it does not render, its sentence is sent as it is.
pub(crate) fn unconfigured(request: &Request, unconfigured: &Unconfigured) -> Response {
    let page = Page { m: messages::of(request), problems: &unconfigured.0 };
    match page.render() {
        Ok(html) => Response::html(503, html),
        Err(_) => Response { status: 503, headers: Vec::new(), body: unconfigured.sentence().into() },
    }
}

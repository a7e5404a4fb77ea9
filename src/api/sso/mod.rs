//! Signing in with an identity provider, `/tenant/{tenant}/sso/*`: where browsers are sent to a provider from, and come
//! back to. What is refused is a page with a way back, whoever asks.

pub(super) mod callback;
#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod link;
mod saml;
mod sign_out;
pub(super) mod start;

use std::rc::Rc;

use crate::api::pages;
use crate::api::tenant;
use crate::cx::Cx;
use crate::domain::federation::begin::Onward;
use crate::domain::providers::{self, Usable};
use crate::domain::refusal::{Error, Refusal};
use crate::http::guard::{Answer, open};
use crate::http::request::{Call, Request};
use crate::http::response::Response;
use crate::http::table::{Limit, Surface, route};

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    const NONE: Limit = Limit::None;
    let routes = vec![
        route("GET", "/tenant/{tenant}/sso/{id}", NONE, open(start::start)),
        route("GET", "/tenant/{tenant}/sso/{id}/callback", NONE, open(callback::callback)),
        route("GET", "/tenant/{tenant}/sso/{id}/onward", NONE, open(pages::sso::onward)),
        route("GET", "/tenant/{tenant}/sso/{id}/metadata", NONE, open(saml::metadata)),
        route("GET", "/tenant/{tenant}/sso/{id}/certificate", NONE, open(saml::certificate)),
        route("POST", "/tenant/{tenant}/sso/{id}/acs", NONE, open(saml::acs)),
        route("GET", "/tenant/{tenant}/sso/{id}/slo", NONE, open(saml::slo)),
        route("POST", "/tenant/{tenant}/sso/{id}/slo", NONE, open(saml::posted_slo)),
        route("GET", "/tenant/{tenant}/sso/{id}/sign-out", NONE, open(sign_out::sign_out)),
        route("GET", "/tenant/{tenant}/sso/{id}/link", NONE, open(link::show)),
        route("POST", "/tenant/{tenant}/sso/{id}/link", NONE, open(link::submit)),
    ];
    Surface { name: "sso", routes, word_refusal, word_fault: tenant::word_fault }
}

fn word_refusal(_: &Cx, request: &Request, refusal: &Refusal) -> Response {
    pages::refused_page(request, refusal)
}

/// The provider that the path names, if people can sign in with it.
pub(super) async fn usable(cx: &Cx, call: &Call<'_>) -> Result<Rc<Usable>, Error> {
    providers::for_sign_in(cx, &call.resolved.tenant, call.param("id")).await
}

/// The answer, or the page that says why there is none, with a way back.
pub(super) async fn or_refused(cx: &Cx, call: &Call<'_>, onward: Option<&Onward>, answer: Answer) -> Answer {
    match answer {
        // Who asks too much is not looked at further.
        Err(Error::Refused(refusal)) if !matches!(refusal, Refusal::Limited(_)) => {
            pages::sso::refused(cx, call, call.param("id"), onward, &refusal).await
        }
        other => other,
    }
}

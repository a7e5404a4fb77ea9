//! What runs the deployment: health, the first administrator, the local outbox, and what is static files: the
//! pages' style sheet, scripts and icon, and the API's documentation.

#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod healthz;
mod outbox;
mod setup;

use crate::api::tenant;
use crate::http::guard::{Run, bare, open};
use crate::http::table::{Limit, Surface, route};

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    let routes = vec![
        route("GET", "/healthz", Limit::None, bare(healthz::healthz)),
        route("POST", "/setup", Limit::None, open(setup::setup)),
        route("GET", "/dev/outbox", Limit::None, open(outbox::outbox)),
        route("GET", "/portcullis.css", Limit::None, Run::Asset),
        route("GET", "/passkeys.js", Limit::None, Run::Asset),
        route("GET", "/portcullis.js", Limit::None, Run::Asset),
        route("GET", "/portcullis.svg", Limit::None, Run::Asset),
        route("GET", "/docs", Limit::None, Run::Asset),
        route("GET", "/docs/", Limit::None, Run::Asset),
        route("GET", "/docs/{*file}", Limit::None, Run::Asset),
    ];
    Surface { name: "system", routes, word_refusal: tenant::word_refusal, word_fault: tenant::word_fault }
}

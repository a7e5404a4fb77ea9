//! What runs the deployment: health, the first administrator, the local outbox, and our style sheet.

mod healthz;
mod outbox;
mod setup;
mod style;

use crate::api::tenant;
use crate::http::guard::{bare, open};
use crate::http::table::{Limit, Surface, route};

/// The surface's table and wording.
pub fn surface() -> Surface {
    let routes = vec![
        route("GET", "/healthz", Limit::None, bare(healthz::healthz)),
        route("POST", "/setup", Limit::None, open(setup::setup)),
        route("GET", "/dev/outbox", Limit::None, open(outbox::outbox)),
        route("GET", "/portcullis.css", Limit::None, bare(style::style)),
    ];
    Surface { name: "system", routes, refused: tenant::refused, broken: tenant::broken }
}

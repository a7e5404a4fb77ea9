//! The console: its page, which every address below it shows, and how an administrator's browser opens it. All else that it
//! does it does by the documented API.

mod authorize;
#[cfg(not(target_arch = "wasm32"))]
pub(super) mod docs;
mod shell;
mod token;

use crate::api::tenant;
use crate::http::guard::{Run, open};
use crate::http::table::{Limit, Surface, route};

/// The surface's table and wording.
pub(crate) fn surface() -> Surface {
    const NONE: Limit = Limit::None;
    let routes = vec![
        route("GET", "/console", NONE, open(shell::choose_tenant)),
        route("GET", "/console/", NONE, open(shell::choose_tenant)),
        route("GET", "/console/{*file}", NONE, Run::Asset),
        route("GET", "/tenant/{tenant}/console", NONE, open(shell::show)),
        route("GET", "/tenant/{tenant}/console/", NONE, open(shell::show)),
        route("GET", "/tenant/{tenant}/console/{*screen}", NONE, open(shell::show)),
        route("GET", "/tenant/{tenant}/console-session/authorize", NONE, open(authorize::authorize)),
        route("POST", "/tenant/{tenant}/console-session/token", NONE, open(token::token)),
    ];
    Surface { name: "console", routes, word_refusal: tenant::word_refusal, word_fault: tenant::word_fault }
}

//! What the document says of the console.

use crate::api::console::token::{Body, Token};
use crate::api::docs::{Chapter, op};
use crate::api::tenant;
use crate::domain::refusal::Refusal;

pub(crate) fn chapter() -> Chapter {
    let operations = vec![
        op("GET", "/console", "The console of the host's tenant")
            .also("/console/")
            .nothing(303, "To the console's page."),
        op("GET", "/console/{*file}", "A file of the console, as `console.js`")
            .text(200, "The file.", "*/*")
            .nothing(304, "Not modified.")
            .nothing(307, "The file is under another name.")
            .refuses([Refusal::NotFound]),
        op("GET", "/tenant/{tenant}/console", "The console's page")
            .also("/tenant/{tenant}/console/")
            .also("/tenant/{tenant}/console/{*screen}")
            .about(
                "At `CONSOLE_HOST` if the deployment sets it, else at `ORIGIN`, unless an application can answer there: \
                 its scripts could then act as the administrator, and the page says so (409).",
            )
            .page(200, "The console.")
            .page(409, "It has no host of its own, and applications have the deployment's.")
            .nothing(303, "The console is at another host.")
            .refuses([Refusal::NotFound]),
        op("GET", "/tenant/{tenant}/console-session/authorize", "Go to the console with a code")
            .about(
                "For browsers that navigate, at `ORIGIN`: what a script fetches or frames is refused. Who is not signed in \
                 signs in first; who is no administrator is refused. The code goes to the console's own address, works once \
                 and within 60 seconds.",
            )
            .needs_query::<String>("state", "16 to 128 lower-case letters, digits or hyphens, which come back.")
            .needs_query::<String>("challenge", "PKCE's `S256` challenge (RFC 7636).")
            .query::<i64>("max_age", "How many seconds ago the person may have proved who they are; 60 at least.")
            .query::<String>("second_factor", "`1` if the session must have proved a second factor.")
            .nothing(303, "To the console with `code` and `state`, or to sign in.")
            .refuses([Refusal::Forbidden, Refusal::NotFound]),
        op("POST", "/tenant/{tenant}/console-session/token", "Open the console, or keep it open")
            .about(
                "A token of the person's own session for the code, with PKCE's verifier; `renewal` renews it, once, with a new \
                 one. One that comes again ends what it had become. Only at the host where the console is.",
            )
            .json::<Body>()
            .answers::<Token>(200, "The token.")
            .refuses([Refusal::BadCredential, Refusal::NotFound]),
    ];
    Chapter {
        surface: "console",
        about: "The console, and how an administrator's browser opens it; failures are RFC 9457's problems.",
        failure: tenant::docs::failure(),
        operations,
    }
}

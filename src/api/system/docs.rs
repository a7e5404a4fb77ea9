//! What the document says of what runs the deployment.

use crate::api::docs::{Chapter, conflict, limited, op};
use crate::api::system::healthz::Health;
use crate::api::system::outbox::Outbox;
use crate::api::system::setup::{self, Setup};
use crate::api::tenant;
use crate::domain::refusal::Refusal;

pub(crate) fn chapter() -> Chapter {
    let operations = vec![
        op("GET", "/healthz", "Read whether the Worker is ready")
            .about(
                "503 while the database lacks this version's migrations, and, as for every request, while settings \
                 or bindings are missing: `settings` then has each one's `name` and what is `needed`.",
            )
            .answers::<Health>(200, "It is.")
            .refuses([Refusal::Unready]),
        op("POST", "/setup", "Make the first administrator")
            .about("Once; `token` is the deployment's `SETUP_TOKEN`.")
            .json::<setup::Body>()
            .answers::<Setup>(201, "The administrator, who is also the deployment's operator.")
            .refuses([Refusal::Forbidden, conflict(), limited()]),
        op("GET", "/dev/outbox", "List kept mail")
            .about("Newest first. Only where `MODE` is `local`: 404 elsewhere.")
            .needs_query::<String>("to", "The address that it went to.")
            .answers::<Outbox>(200, "The mail."),
        op("GET", "/portcullis.css", "The pages' style sheet")
            .text(200, "CSS.", "text/css")
            .nothing(304, "Not modified."),
        op("GET", "/passkeys.js", "The pages' script for passkeys")
            .text(200, "JavaScript.", "text/javascript")
            .nothing(304, "Not modified."),
        op("GET", "/portcullis.js", "The pages' script")
            .text(200, "JavaScript.", "text/javascript")
            .nothing(304, "Not modified."),
        op("GET", "/portcullis.svg", "The pages' icon")
            .text(200, "SVG.", "image/svg+xml")
            .nothing(304, "Not modified."),
        op("GET", "/docs", "This documentation").also("/docs/").page(200, "Swagger UI."),
        op("GET", "/docs/{*file}", "A file of this documentation, as `openapi.json`")
            .text(200, "The file.", "*/*")
            .nothing(304, "Not modified.")
            .nothing(307, "The file is under another name.")
            .refuses([Refusal::NotFound]),
    ];
    Chapter {
        surface: "system",
        about: "What runs the deployment; failures are RFC 9457's problems.",
        failure: tenant::docs::failure(),
        operations,
    }
}

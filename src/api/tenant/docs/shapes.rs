//! What the tenant API reads and answers that no type of its own says.

#![expect(dead_code, reason = "read by utoipa alone")]

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::client::Metadata;

/// A client's metadata: RFC 7591 §2, and members of our own.
#[derive(ToSchema, Serialize)]
pub(crate) struct ClientSaid {
    /// The client's id, when it is changed.
    client_id: Option<String>,
    client_name: Option<String>,
    #[serde(flatten)]
    metadata: Metadata,
}

#[derive(ToSchema)]
pub(crate) struct MailTemplateParts {
    /// One line of at most 200 characters, without link or code.
    subject: String,
    /// With `{{ link }}` and `{{ code }}` where the mail has one, each between white space, and with nothing else
    /// that a mail program makes a link of. The same holds for subject and HTML.
    text: String,
    /// Loads nothing, and leads nowhere but to `{{ link }}`.
    html: String,
}

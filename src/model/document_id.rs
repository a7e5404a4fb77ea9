//! Clients that are named by the URL of a document (Client ID Metadata Documents §3): which of our rows stands for one.

use std::borrow::Cow;

/// Whether a `client_id` is a URL. Ids that we make never look like one.
pub(crate) fn is_url(client_id: &str) -> bool {
    client_id.starts_with("https://") || client_id.starts_with("http://")
}

/// The id of the row that stands for a client: its `client_id`, or what the digest of tenant and URL makes of it.
pub(crate) fn row_id<'a>(tenant_id: &str, client_id: &'a str, digest: fn(&[u8]) -> [u8; 32]) -> Cow<'a, str> {
    if !is_url(client_id) {
        return Cow::Borrowed(client_id);
    }
    let whole = digest(format!("{tenant_id} {client_id}").as_bytes());
    let hex: String = whole.iter().take(20).map(|byte| format!("{byte:02x}")).collect();
    Cow::Owned(format!("doc-{hex}"))
}

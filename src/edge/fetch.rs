//! Requests of our own to other servers.

use crate::edge::glue;
use crate::ports::{Fault, HttpClient, Later};

/// The platform's `fetch`.
pub struct Fetch;

impl HttpClient for Fetch {
    fn post_form(&self, url: String, body: String, timeout_ms: u32) -> Later<'_, Result<u16, Fault>> {
        Box::pin(async move {
            let status = glue::post_form(&url, &body, timeout_ms).await;
            let status = status.map_err(|error| Fault::new("fetch", glue::said(&error)))?;
            status.as_f64().map(|status| status as u16).ok_or_else(|| Fault::new("fetch", "no status"))
        })
    }
}

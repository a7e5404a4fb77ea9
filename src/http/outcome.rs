//! What the edge is to do with a request.

use crate::domain::gateway::forward::Plan;
use crate::http::response::{Response, limit_fields};

/// What the edge is to do with a request.
pub enum Outcome {
    /// Answer this.
    Answer(Response),
    /// Send this to an origin and answer what it answers.
    Forward(Plan),
    /// Answer a static file.
    Asset(Asset),
}

/// A static file that is to be answered.
pub struct Asset {
    /// Its path from the folder of static files, percent-encoded.
    pub path: String,
    /// The header fields that it gets beside its own.
    pub headers: Vec<(&'static str, String)>,
    /// What is answered if there is none.
    pub missing: Response,
}

/// The header fields that an origin's answer gets beside its own.
pub fn added_fields(plan: &Plan) -> Vec<(&'static str, String)> {
    let mut added: Vec<_> = plan.limit.iter().flat_map(limit_fields).collect();
    if let Some(origin) = &plan.readable_by {
        added.push(("access-control-allow-origin", origin.clone()));
        added.push(("access-control-expose-headers", "*".to_owned()));
    }
    added.extend(plan.dpop_nonce.iter().map(|nonce| ("dpop-nonce", nonce.clone())));
    added
}

//! What the edge is to do with a request.

use crate::domain::gateway::forward::Plan;
use crate::http::response::Response;

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

//! What runs the deployment.

mod docs;
mod healthz;
mod outbox;
mod setup;
mod style;

//! What runs the deployment.

mod healthz;
mod outbox;
mod setup;
mod style;

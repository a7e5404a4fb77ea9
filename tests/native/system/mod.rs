//! What runs the deployment.

mod docs;
mod healthz;
mod metrics;
mod outbox;
mod passkeys;
mod setup;
mod style;
mod unconfigured;

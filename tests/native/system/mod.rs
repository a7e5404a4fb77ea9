//! What runs the deployment.

mod docs;
mod healthz;
mod outbox;
mod passkeys;
mod setup;
mod style;
mod unconfigured;

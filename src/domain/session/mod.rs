//! Sessions: what stands for a person after signing in, and who a presented credential stands for.
//!
//! `sessions` begins and ends them, `refresh` keeps a program's alive, `credential` looks up what was presented, `principal`
//! turns it into the proof that a handler asks for (a guard), `delegation` holds that nobody gives what they don't have.
//! `access_tokens` is the one place that builds an access token, a client's as well.

pub(crate) mod access_tokens;
pub(crate) mod carried;
pub mod channel;
pub(crate) mod credential;
pub(crate) mod delegation;
pub(crate) mod lookup;
pub(crate) mod one_mailbox;
pub(crate) mod place;
pub mod principal;
pub mod proof;
pub(crate) mod recency;
pub(crate) mod refresh;
pub(crate) mod refresh_token;
pub mod remembered;
pub mod sessions;
pub(crate) mod standing;

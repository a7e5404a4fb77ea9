//! OAuth 2.0 and OpenID Connect: a file for each grant and endpoint; `grants` is the one place that issues tokens.

pub mod authorize;
pub mod claims;
pub mod client_credentials;
pub mod codes;
pub mod consents;
pub mod device;
pub mod grants;
pub mod introspection;
pub mod narrowing;
pub mod reauthentication;
pub mod refresh;
pub mod revocation;
pub mod rp_logout;
pub mod token_exchange;

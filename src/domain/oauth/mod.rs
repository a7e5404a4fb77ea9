//! OAuth 2.0 and OpenID Connect: a file for each grant and endpoint; `beginning` begins what a code or a
//! device is exchanged for, `grants` issues tokens.

pub(crate) mod authorize;
pub(crate) mod beginning;
pub(crate) mod bound_tokens;
pub(crate) mod claims;
pub(crate) mod client_credentials;
pub(crate) mod codes;
pub mod consents;
pub(crate) mod console;
pub(crate) mod device;
pub(crate) mod grants;
pub(crate) mod introspection;
pub(crate) mod narrowing;
pub(crate) mod reauthentication;
pub(crate) mod refresh;
pub(crate) mod revocation;
pub(crate) mod rp_logout;
pub(crate) mod token_exchange;
pub(crate) mod trusted_request;
pub(crate) mod userinfo;

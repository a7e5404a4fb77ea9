//! Our side of SAML 2.0, as a service provider of each tenant and identity provider: the request that a sign-in begins
//! with, the assertion that it ends with, our metadata, and logout at both. What is believed of a message is decided in
//! `crate::saml`.

pub(crate) mod expiry;
pub(crate) mod logout;
pub(crate) mod metadata;
pub(crate) mod own_keys;
mod party;
mod person;
pub(crate) mod sending;
pub(crate) mod sign_in;
pub(crate) mod sign_out;

//! The native tests: everything through the front door with real parts, on a clock that is set.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

mod harness;

mod account;
mod budget;
mod conformance;
mod connections;
mod console;
mod costs;
mod cron;
mod crypto;
mod documents;
mod faults;
mod feed;
mod gateway;
mod mails_page;
mod oauth;
mod openapi;
mod pages;
mod rows_written;
mod rules;
mod saml;
mod session;
mod shared;
mod sso;
mod system;
mod table;
mod tenant;
mod tidy;
mod upstream;
mod vault;

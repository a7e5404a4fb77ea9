//! Portcullis: the auth gateway that runs at the edge.
//!
//! A request's way, top to bottom and back up:
//!
//! 1. [`edge`] turns an event of the `worker` crate into a [`http::Request`] and a [`cx::Cx`] (wasm only);
//! 2. [`http::serve`] finds the route in the surfaces' tables, counts its limit and runs its guard;
//! 3. [`api`] parses the body, makes one call into the domain and words the answer;
//! 4. [`domain`] decides: the use cases, the same on every surface;
//! 5. [`oidc`], [`saml`] and [`crypto`] make and check what is signed, hashed or sealed;
//! 6. [`store`] asks the database, one plain function per question;
//! 7. [`model`] holds the nouns, parsed once;
//! 8. a path that no surface owns goes to the gateway: [`domain::gateway::forward`] plans, [`edge`] streams.
//!
//! Imports only ever point down this list; [`cx`], [`ports`], [`config`] and [`memo`] serve all of
//! it above `model`. `tests/native/tidy.rs` holds that.

// What the tests and the platform's side use is public; all else is the crate's.
#![warn(unreachable_pub)]

#[cfg(target_arch = "wasm32")]
pub mod edge;

pub mod api;
pub mod http;

pub mod domain;

pub mod cx;

pub mod config;
pub mod memo;
pub mod ports;

pub mod oidc;
pub mod saml;

pub mod crypto;
pub mod store;

pub mod model;

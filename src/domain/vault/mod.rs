//! The connection vault: what people let apps and agents do for them at other services.
//!
//! [`catalogue`] has the services that the product knows, [`registry`] those that people of a tenant can connect and
//! [`manage`] what administrators say of them. [`connect`] begins a connection by OAuth and [`callback`]
//! ends it; [`keys`] keeps keys that people stored; [`connections`] shows and ends what is connected, and [`revocations`]
//! gives it back; [`imports`] brings it along, and [`unused`] ends what nobody uses; [`notices`] tells people. [`valid_token`] hands out access tokens that are good, which [`refresh`]
//! renews, [`exchange`] does it for clients by token exchange, and [`relayed`] lets a route of the gateway send them. Whoever is handed a token or key is a
//! [`reader::VaultReader`]. All of it is sealed by [`sealing`].

pub(crate) mod callback;
pub mod catalogue;
pub(crate) mod connect;
pub(crate) mod connections;
pub(crate) mod exchange;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod manage;
mod notices;
pub mod reader;
pub(crate) mod redirects;
pub mod refresh;
pub(crate) mod registry;
pub(crate) mod relayed;
pub(crate) mod revocations;
mod rules;
pub(crate) mod sealing;
pub(crate) mod search_keys;
pub(crate) mod secrets;
pub mod unused;
pub(crate) mod valid_token;

//! The user and connection API.

mod apikeys;
mod callback;
mod connect;
mod connected;
mod disconnect;
mod exchange;
mod exchange_attacks;
pub mod flow;
mod generate_api_key;
mod given_back;
mod google;
mod google_search_keys;
mod logout;
mod magic_link;
mod meanwhile;
mod one_connection;
pub mod providers;
mod readers;
mod refresh_answers;
mod relayed_tokens;
mod status;
mod unused;
pub mod valid_token;
mod vault_attacks;

pub use self::providers::own as own_provider;
pub use self::valid_token::connect;

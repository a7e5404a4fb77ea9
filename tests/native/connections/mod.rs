//! The user and connection API.

mod apikeys;
mod callback;
mod connect;
mod connected;
mod connections;
mod disconnect;
mod flow;
mod generate_api_key;
mod google;
mod google_search_keys;
mod logout;
mod magic_link;
mod providers;
mod readers;
mod status;
mod vault_attacks;

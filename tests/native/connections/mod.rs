//! The user and connection API.

mod generate_api_key;
mod logout;
mod magic_link;
mod status;

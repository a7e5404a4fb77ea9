//! The user and connection API.

mod generate_api_key;
mod google;
mod logout;
mod magic_link;
mod status;

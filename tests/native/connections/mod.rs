//! The user and connection API.

mod generate_api_key;
mod logout;
mod status;

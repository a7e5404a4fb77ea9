//! Pure rules and parsers, by table and by property.

mod clients;
mod config;
mod counter;
mod email;
mod heads;
mod json;
pub mod linkable;
mod memo;
mod outbound;
mod parsers;
mod paths;
mod properties;
mod public_address;
mod region;
mod text;
mod user_codes;

//! Nouns: parsed values and states. Pure; imports nothing of ours.

pub mod address;
pub mod agent;
pub mod client;
pub mod cookies;
pub mod domain;
pub mod email;
pub mod factor;
pub mod headers;
pub mod host;
pub mod id;
pub mod json;
pub mod language;
pub mod linkable;
pub mod name;
pub mod path;
pub mod public_address;
pub mod qr;
pub mod reason;
pub mod role;
pub mod route;
pub mod scope;
pub mod search;
pub mod template;
pub mod text;
pub mod time;

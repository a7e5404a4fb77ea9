//! Protocol: what tokens say. Pure; the RFC's section at the head of each file.

pub mod access_token;
pub mod assertion;
pub mod error;

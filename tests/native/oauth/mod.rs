//! The OAuth surface.

mod jwks;

//! The gateway: every path that no surface owns.

mod assertion;
mod credentials;
mod csrf;
mod headers;
mod limits;
mod matching;
mod path;
mod rules;
mod sign_in;

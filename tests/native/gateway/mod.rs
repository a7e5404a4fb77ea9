//! The gateway: every path that no surface owns.

mod assertion;
mod cookies;
mod credentials;
mod csrf;
mod headers;
mod hosts;
mod limits;
mod loops;
mod matching;
mod methods;
mod path;
mod rules;
mod sign_in;

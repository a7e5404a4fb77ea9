//! The client of other servers' OAuth and OpenID Connect, a table for each rule.

mod authorize;
mod discovery;
mod id_token;
mod keys;
mod tokens;
mod userinfo;

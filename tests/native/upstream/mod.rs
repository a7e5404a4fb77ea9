//! The client of other servers' OAuth and OpenID Connect, a table for each rule; and what each kind of provider says of a
//! person.

mod authorize;
mod discovery;
mod github;
mod google;
mod id_token;
mod keys;
mod kinds;
mod microsoft;
mod microsoft_access;
mod oidc;
mod tokens;
mod userinfo;

//! The session API.

mod api_keys;
mod change_password;
mod login;
mod logout;
mod me;
mod mfa;
mod refresh;

//! The session API.

mod api_keys;
mod change_email;
mod change_password;
mod devices;
mod google;
mod identities;
mod login;
mod logout;
mod magic_link;
mod me;
mod mfa;
pub mod microsoft;
mod passkey_sign_in;
mod passkeys;
mod reauthenticate;
mod refresh;
mod sessions;
mod trials;

//! The account API.

mod forgot_password;
mod login;
mod logout;
mod mfa;
mod refresh;
mod register;
mod reset_password;
mod sso;
mod verify_email;

//! Hosted pages.

mod account;
mod consent;
mod device;
mod forgot;
mod login;
mod logout;
mod messages;
mod mfa;
mod register;

//! Hosted pages.

mod account;
mod change_email;
mod consent;
mod device;
mod forgot;
mod login;
mod logout;
mod magic_link;
mod messages;
mod mfa;
mod register;

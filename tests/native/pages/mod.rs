//! Hosted pages.

mod account;
mod consent;
mod forgot;
mod login;
mod logout;
mod messages;
mod register;

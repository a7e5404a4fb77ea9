//! Hosted pages.

mod account;
mod forgot;
mod login;
mod logout;
mod messages;
mod register;

//! Hosted pages.

mod forgot;
mod login;
mod logout;
mod messages;
mod register;

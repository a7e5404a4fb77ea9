//! Hosted pages.

mod login;
mod logout;

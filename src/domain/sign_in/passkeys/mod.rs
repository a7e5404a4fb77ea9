//! Passkeys (Web Authentication Level 3): which a user has, how one is added, and what it proves.
//!
//! A ceremony begins with a challenge that is good once, for five minutes, and only where it was given: to the
//! session that adds a passkey, to the sign-in that waits for a second factor, to the browser that is to be
//! signed in.

pub(crate) mod ceremony;
mod manage;
mod register;
mod verify;

pub(crate) use self::manage::{COOKIE, COOKIE_SECONDS, Known, SECONDS, list, remove, rename};
pub(crate) use self::register::{Creation, NewPasskey, creation, register};
pub(crate) use self::verify::{Request, request, request_of_page, request_second, second, sign_in};
pub(crate) use crate::store::passkeys::Passkey;

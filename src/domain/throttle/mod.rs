//! Limits and lockout. What is counted, by what, and how much of it.
//!
//! An attempt is taken before it is evaluated and given back if it succeeds, so that many at once are never
//! more than the limit allows.

mod addresses;
mod codes;
mod logins;
pub mod lookups;
mod tallies;

pub use self::codes::{
    Guess, MailedCode, SecondFactor, another_mailed_code, mailed_code, second_factor, user_code,
};
pub use self::logins::{
    Attempt, FromAddress, change_attempt, from_address, login_attempt, mail, mail_or_wait, mailbox_proved,
    refused_call, wrong_password,
};
pub use self::tallies::{window, windows};

//! Limits and lockout. What is counted, by what, and how much of it.
//!
//! An attempt is taken before it is evaluated and given back if it succeeds, so that many at once are never
//! more than the limit allows.

mod addresses;
mod attempt;
mod codes;
mod logins;
pub(crate) mod lookups;
mod mails;
mod tallies;
mod unlock;

pub(crate) use self::attempt::CountedAttempt;
pub(crate) use self::codes::{another_mailed_code, mailed_code, second_factor, user_code};
pub(crate) use self::logins::{
    change_attempt, from_address, from_address_meanwhile, login_attempt, mailbox_proved, refused_call,
    relayed_call,
};
pub(crate) use self::mails::{MailTo, mail, mail_or_wait, mail_request, mails_or_wait};
pub(crate) use self::tallies::{of_address, window, windows};
pub(crate) use self::unlock::unlock;

//! Mail: what is written, and how it is sent once.
//!
//! A mail is a row that is written in the batch of the event that it tells of, so that a crash loses nothing.
//! It is sent right after that batch, and again by cron until it was handed over or is of no use any more.

mod content;
mod letter;
mod links;
mod outgoing;
mod queue;
pub mod templates;
mod values;
mod wording;
mod words;
mod write;

pub use self::letter::{Changed, KINDS, Kind, Letter};
pub use self::links::{Linking, Purpose, owner_of_link, send_link, tenant_of_link, write_link};
pub use self::outgoing::Outgoing;
pub use self::queue::{dispatch, due, find, list, retry};
pub use self::values::{Variable, variables};
pub use self::write::{by_another, notice, send, sum_up, write};
pub use crate::store::mail_templates::Content;

//! Mail: what is written, and how it is sent once.
//!
//! A mail is a row that is written in the batch of the event that it tells of, so that a crash loses nothing.
//! It is sent right after that batch, and again by cron until it was handed over or is of no use any more.

mod content;
mod letter;
mod links;
mod outgoing;
mod queue;
pub(crate) mod templates;
mod values;
mod wording;
mod words;
mod write;

pub(crate) use self::letter::Changed;
pub use self::letter::{KINDS, Kind, Letter};
pub(crate) use self::links::{Linking, owner_of_link, tenant_of_link, write_link};
pub(crate) use self::outgoing::Outgoing;
pub use self::queue::send_due;
pub(crate) use self::queue::{SEALED_AS, StoredMail, dispatch, outbox, post};
pub(crate) use self::values::variables;
pub use self::write::send;
pub(crate) use self::write::while_looking_ahead;
pub(crate) use self::write::{by_another, sum_up, write, write_notice};
pub(crate) use crate::store::mail_templates::Content;

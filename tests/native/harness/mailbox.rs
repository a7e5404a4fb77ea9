//! The way out for mail, in memory.

use std::cell::{Cell, RefCell};

use futures_util::future::LocalBoxFuture;
use portcullis::ports::{Fault, Mail, Mailer};

use crate::harness::ports::others_first;

/// Keeps mail.
#[derive(Default)]
pub struct Mailbox {
    /// What was sent, oldest first.
    pub mails: RefCell<Vec<Mail>>,
    /// Whether nothing can be sent.
    pub broken: Cell<bool>,
    /// How many are refused before one is taken.
    pub refuses: Cell<usize>,
    /// What a refusal says beside the mail's own address and text.
    pub said: Cell<&'static str>,
    /// Whether who hands a mail over never hears of it again.
    pub silent: Cell<bool>,
    /// Whether a hand-over lets the others on first.
    pub yields: Cell<bool>,
}

impl Mailer for Mailbox {
    fn send(&self, mail: Mail) -> LocalBoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            if self.yields.get() {
                others_first().await;
            }
            if self.broken.get() {
                return Err(Fault::new("mail", "is out of order"));
            }
            if let Some(left) = self.refuses.get().checked_sub(1) {
                self.refuses.set(left);
                return Err(Fault::new("mail", format!("{} <{}> {}", self.said.get(), mail.to, mail.text)));
            }
            self.mails.borrow_mut().push(mail);
            if self.silent.get() {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }
}

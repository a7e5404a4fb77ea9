//! What is tried again when the database cannot be asked, and how often.
//!
//! D1 repeats by itself what only reads, up to twice, and says of some errors that the operation can be tried again
//! (<https://developers.cloudflare.com/d1/best-practices/retry-queries/>):
//!
//! | outage | reads | writes |
//! |---|---|---|
//! | not reached | again | again: nothing was done |
//! | the answer was lost | again | again if they leave the same behind, or know whether they were done; else nobody does |
//! | overloaded, or over a limit | not again | not again, but for what cannot be had again |
//!
//! Between tries it waits longer and longer, at random, so that many do not come back at once. Where nothing fails, nothing
//! of this happens.

use std::cell::Cell;

use crate::ports::{Database, Fault, Outage, Rows, Stmt};

/// The longest pauses before each further try, in milliseconds.
const PAUSES: [u32; 3] = [60, 180, 420];

/// Milliseconds since the first fault after which no try begins.
const PATIENCE: i64 = 1_000;

/// Since when the database could not be asked, for one who waits: whoever asks it several times waits no longer for that.
#[derive(Default)]
pub struct Patience(Cell<Option<i64>>);

impl Patience {
    /// Whether it is tried again now.
    fn is_left(&self, now: i64) -> bool {
        let since = self.0.get().unwrap_or(now);
        self.0.set(Some(since));
        now.saturating_sub(since) < PATIENCE
    }
}

/// Runs a batch; again where that is safe. `undo_if_done`, if there is one, makes the statement that then stands before it.
pub(super) async fn run<D: Database + ?Sized>(
    db: &D,
    stmts: &mut Vec<Stmt>,
    undo_if_done: Option<&dyn Fn() -> Stmt>,
) -> Result<Vec<Rows>, Fault> {
    let mut fault = match db.run_once(stmts).await {
        Ok(answers) => {
            db.patience().0.set(None);
            return Ok(answers);
        }
        Err(fault) => fault,
    };
    let mut is_guarded = false;
    for pause in PAUSES {
        let may_repeat = match fault.outage() {
            None => false,
            Some(Outage::NotReached) => true,
            Some(Outage::AnswerLost) => undo_if_done.is_some() || stmts.iter().all(Stmt::may_be_repeated),
            Some(Outage::Overloaded) => {
                stmts.iter().any(Stmt::is_irreplaceable) && stmts.iter().all(Stmt::may_be_repeated)
            }
        };
        if !may_repeat || !db.patience().is_left(db.clock()) {
            break;
        }
        if let Some(undo_if_done) = undo_if_done
            && fault.outage() == Some(Outage::AnswerLost)
            && !is_guarded
        {
            stmts.insert(0, undo_if_done());
            is_guarded = true;
        }
        db.pause(pause, &fault).await;
        match db.run_once(stmts).await {
            Ok(mut answers) => {
                db.patience().0.set(None);
                if is_guarded && !answers.is_empty() {
                    answers.remove(0);
                }
                return Ok(answers);
            }
            Err(next) => fault = next,
        }
    }
    Err(fault)
}

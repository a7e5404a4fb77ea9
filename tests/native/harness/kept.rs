//! The small ports, natively: a seeded generator, work for after the answer, captured log lines. And counters that fail.

use std::cell::{Cell, RefCell};

use futures_util::future::LocalBoxFuture;
use portcullis::ports::{Background, Log, Rng};
use sha2::{Digest as _, Sha256};

use crate::harness::World;

/// Bytes that look random and are the same in every run.
#[derive(Default)]
pub struct Seeded(Cell<u64>);

impl Rng for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let turn = self.0.get();
            self.0.set(turn + 1);
            let block = Sha256::digest(turn.to_be_bytes());
            for (to, from) in chunk.iter_mut().zip(block) {
                *to = from;
            }
        }
    }
}

/// Work for after the answer, in its order.
#[derive(Default)]
pub struct Queue(pub RefCell<Vec<LocalBoxFuture<'static, ()>>>);

impl Background for Queue {
    fn run(&self, work: LocalBoxFuture<'static, ()>) {
        self.0.borrow_mut().push(work);
    }
}

/// Captures log lines.
#[derive(Default)]
pub struct Lines(pub RefCell<Vec<String>>);

impl Log for Lines {
    fn line(&self, line: &str) {
        self.0.borrow_mut().push(line.to_owned());
    }
}

impl World {
    /// Whether no counter can be reached.
    pub fn break_counters(&self, broken: bool) {
        self.counters.spares.set(broken.then_some(0));
    }

    /// Has no counter reached any more after so many calls.
    pub fn break_counters_after(&self, calls: usize) {
        self.counters.spares.set(Some(calls));
    }
}

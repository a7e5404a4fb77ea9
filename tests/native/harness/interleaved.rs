//! Two requests and a change of the database between the waits of the first.

use std::future::Future as _;
use std::task::{Context, Poll, Waker};

use crate::harness::{Ask, World};

impl World {
    /// Serves a request as far as its `at`th wait for storage, does something, serves another one with what comes after its
    /// answer, and then the rest of the first.
    pub fn interleave(&self, first: Ask<'_>, at: usize, between: impl FnOnce(), second: Ask<'_>) {
        let ports = [&self.db.yields, &self.counters.yields];
        let let_others_on = |on| ports.iter().for_each(|yields| yields.set(on));
        let mut context = Context::from_waker(Waker::noop());
        let mut outer = Box::pin(first.answered());
        let_others_on(true);
        let mut is_over = false;
        for _ in 0..at {
            is_over = is_over || outer.as_mut().poll(&mut context).is_ready();
        }
        let_others_on(false);
        between();
        pollster::block_on(second.serve());
        while !is_over {
            is_over = matches!(outer.as_mut().poll(&mut context), Poll::Ready(_));
        }
        pollster::block_on(self.afterwards());
    }
}

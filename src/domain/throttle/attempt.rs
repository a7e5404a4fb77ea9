//! An attempt that is counted before it is looked at.

use std::future::Future;

use futures_util::future::join;

use crate::cx::Cx;
use crate::domain::throttle::tallies::{in_background, loosen};
use crate::ports::{CounterCall, Fault};

/// An attempt that has been counted as a failure until it is told otherwise. One that nothing limits has nothing to do at
/// any counter.
#[must_use]
#[derive(Default)]
pub(crate) struct CountedAttempt {
    /// What is done if it was right.
    pub(super) if_right: Vec<CounterCall>,
    /// What is done if it was wrong.
    pub(super) if_wrong: Vec<CounterCall>,
    /// What is done if it was not looked at.
    pub(super) if_unseen: Vec<CounterCall>,
}

impl CountedAttempt {
    /// It was right: it is no failure, and those that delay it are forgotten. Nobody waits for that: one that counts
    /// although it was right only makes the limit tighter.
    pub(crate) fn forgive(self, cx: &Cx) {
        in_background(cx, self.if_right);
    }

    /// It was not looked at. Nobody waits for that.
    pub(crate) fn give_back(self, cx: &Cx) {
        in_background(cx, self.if_unseen);
    }

    /// It was not looked at, and the next one must find it given back.
    pub(crate) async fn give_back_at_once(self, cx: &Cx) {
        loosen(cx, self.if_unseen).await;
    }

    /// It was wrong, which `told` writes to the log meanwhile.
    pub(crate) async fn was_wrong(
        self,
        cx: &Cx,
        told: impl Future<Output = Result<(), Fault>>,
    ) -> Result<(), Fault> {
        join(told, loosen(cx, self.if_wrong)).await.0
    }
}

//! Deliveries: what is owed to a mailbox or to a client is a row that is leased, handed over, and tried again with
//! growing delays until it was taken or is given up. `mailing::queue` and `backchannel` say how, and for how long.

use futures_util::future::join_all;

use crate::cx::Cx;
use crate::ports::{Fault, Stmt};

/// Deliveries at once: as many connections as the platform opens.
pub(crate) const AT_ONCE: i64 = 6;

/// What became of a try.
pub(crate) enum Outcome {
    /// It was taken, or is not wanted any more.
    Taken,
    /// It will not be taken later either.
    Refused(String),
    /// It may be taken later.
    NotNow(String),
}

/// Hands over what was leased, side by side, and writes what became of each in one batch. How many were taken.
pub(crate) async fn round<T>(
    cx: &Cx,
    leased: &[T],
    hand_over: impl AsyncFn(&T) -> Outcome,
    settle: impl AsyncFn(&T, Outcome) -> Result<Vec<Stmt>, Fault>,
) -> Result<usize, Fault> {
    let outcomes = join_all(leased.iter().map(|item| hand_over(item))).await;
    let taken = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Taken)).count();
    let mut batch: Vec<Stmt> = Vec::new();
    for (item, outcome) in leased.iter().zip(outcomes) {
        batch.extend(settle(item, outcome).await?);
    }
    if !batch.is_empty() {
        cx.db.run(batch).await?;
    }
    Ok(taken)
}

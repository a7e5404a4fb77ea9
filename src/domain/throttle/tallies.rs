//! Counting: how a limit is taken from and given back to its exact counter.

use futures_util::future::LocalBoxFuture;

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::ports::{Act, Count, Fault, Rule, Tally, Verdict};

pub(crate) const DAY: u32 = 86_400;

pub(crate) fn tally(name: impl Into<String>, rule: Rule) -> Tally {
    Tally { name: name.into(), rule }
}

pub(crate) fn give(name: &str, rule: Rule) -> Count {
    Count { act: Act::Give, tallies: vec![tally(name, rule)] }
}

pub(crate) fn clear(tallies: Vec<Tally>) -> Count {
    Count { act: Act::Clear, tallies }
}

/// Does the steps on each object, without anybody waiting for it.
pub(crate) fn in_background(cx: &Cx, objects: Vec<(String, Vec<Count>)>) {
    for (object, steps) in objects {
        count_in_background(cx, object, steps, |_, _| Box::pin(async { Ok(()) }));
    }
}

pub(crate) async fn take(cx: &Cx, object: String, tallies: Vec<Tally>) -> Result<Verdict, Error> {
    Ok(cx.counters.count(object, vec![Count { act: Act::Take, tallies }]).await?)
}

/// Counts one use of something limited by several windows: the name, limit and seconds of each.
///
/// # Errors
/// [`Refusal::Limited`].
pub(crate) async fn windows(cx: &Cx, object: String, all: &[(&str, u32, u32)]) -> Result<(), Error> {
    if cx.caller.unlimited {
        return Ok(());
    }
    let tallies = all.iter().map(|(name, limit, seconds)| {
        let (limit, seconds) = (*limit, *seconds);
        tally(*name, Rule::Window { limit, seconds })
    });
    let verdict = take(cx, object, tallies.collect()).await?;
    if verdict.admitted { Ok(()) } else { Err(Refusal::Limited(verdict).into()) }
}

/// Counts one use of something limited by a window; answers how much is left.
pub(crate) async fn window(
    cx: &Cx,
    object: String,
    limit: u32,
    seconds: u32,
) -> Result<Option<Verdict>, Error> {
    if cx.caller.unlimited {
        return Ok(None);
    }
    let verdict = take(cx, object, vec![tally("window", Rule::Window { limit, seconds })]).await?;
    if verdict.admitted { Ok(Some(verdict)) } else { Err(Refusal::Limited(verdict).into()) }
}

/// Does steps on an object and then what the verdict asks for, without anybody waiting for it; faults are logged.
pub(crate) fn count_in_background(
    cx: &Cx,
    object: String,
    steps: Vec<Count>,
    then: impl for<'a> FnOnce(&'a Cx, Verdict) -> LocalBoxFuture<'a, Result<(), Fault>> + 'static,
) {
    let context = cx.clone();
    cx.background.run(Box::pin(async move {
        let done = match context.counters.count(object, steps).await {
            Ok(verdict) => then(&context, verdict).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = done {
            context.log_fault("counters", &fault);
        }
    }));
}

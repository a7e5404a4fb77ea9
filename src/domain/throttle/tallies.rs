//! Counting: how a limit is taken from and given back to its exact counter.

use std::future::Future;

use futures_util::future::{LocalBoxFuture, join, join_all};

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::memo::Slot;
use crate::ports::{Act, Count, CounterCall, CounterObject, Fault, Rule, Tally, Verdict};

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

/// The object that counts something of the caller's client address; `what` names the tenant and the kind.
pub(crate) fn of_address(cx: &Cx, what: impl std::fmt::Display) -> CounterObject {
    CounterObject::of_address(format!("{what}:{}", cx.address_bucket()))
}

/// Takes one of each tally, if all admit.
pub(crate) fn taking(object: impl Into<CounterObject>, tallies: Vec<Tally>) -> CounterCall {
    CounterCall { object: object.into(), steps: vec![Count { act: Act::Take, tallies }] }
}

/// Takes one of each of these windows, if all admit: the name, limit and seconds of each.
pub(crate) fn taking_windows(object: impl Into<CounterObject>, all: &[(&str, u32, u32)]) -> CounterCall {
    let tallies = all.iter().map(|(name, limit, seconds)| {
        let (limit, seconds) = (*limit, *seconds);
        tally(*name, Rule::Window { limit, seconds })
    });
    taking(object, tallies.collect())
}

/// Does steps that only loosen limits. Where a counter is out of reach its limit stays as tight as it was, which is logged:
/// what was proved or refused stays so.
pub(crate) async fn loosen(cx: &Cx, calls: Vec<CounterCall>) {
    let counted = join_all(calls.into_iter().map(|call| cx.counters.count(call))).await;
    for fault in counted.into_iter().filter_map(Result::err) {
        cx.log_fault("counters", &fault);
    }
}

/// Does the steps on each object, without anybody waiting for it.
pub(crate) fn in_background(cx: &Cx, calls: Vec<CounterCall>) {
    for call in calls {
        count_in_background(cx, call, |_, _| Box::pin(async { Ok(()) }));
    }
}

pub(crate) async fn take(
    cx: &Cx,
    object: impl Into<CounterObject>,
    tallies: Vec<Tally>,
) -> Result<Verdict, Error> {
    Ok(cx.counters.count(taking(object, tallies)).await?)
}

/// Counts one use of something limited by several windows: the name, limit and seconds of each.
///
/// # Errors
/// [`Refusal::Limited`].
pub(crate) async fn windows(
    cx: &Cx,
    object: impl Into<CounterObject>,
    all: &[(&str, u32, u32)],
) -> Result<(), Error> {
    if cx.caller.unlimited {
        return Ok(());
    }
    let verdict = cx.counters.count(taking_windows(object, all)).await?;
    if verdict.admitted { Ok(()) } else { Err(Refusal::Limited(verdict).into()) }
}

/// Counts one use of something limited by a window; answers how much is left.
pub(crate) async fn window(
    cx: &Cx,
    object: impl Into<CounterObject>,
    limit: u32,
    seconds: u32,
) -> Result<Option<Verdict>, Error> {
    if cx.caller.unlimited {
        return Ok(None);
    }
    let verdict = take(cx, object, vec![tally("window", Rule::Window { limit, seconds })]).await?;
    if verdict.admitted { Ok(Some(verdict)) } else { Err(Refusal::Limited(verdict).into()) }
}

/// What this isolate saw held off within the last minute, by a name.
pub(crate) struct LatelyRefused;

impl Slot for LatelyRefused {
    type Key = String;
    type Value = ();
    const CAPACITY: usize = 10_000;
}

/// How long an isolate remembers that, in seconds.
const REMEMBERED: i64 = 60;

/// Counts something, and asks something else meanwhile: whoever waits, waits once. Of what was held off lately, the second
/// is asked only once the first admits, so that an address which goes on has nothing looked up for it. This decides no
/// more than the order: the counter alone says who is admitted.
///
/// # Errors
/// Those of `counted` first.
pub(crate) async fn count_meanwhile<A, B>(
    cx: &Cx,
    name: &str,
    counted: impl Future<Output = Result<A, Error>>,
    meanwhile: impl Future<Output = Result<B, Error>>,
) -> Result<(A, B), Error> {
    let refused = cx.memo::<LatelyRefused>();
    if refused.get(name, cx.now).is_some() {
        return Ok((counted.await?, meanwhile.await?));
    }
    let (counted, asked) = join(counted, meanwhile).await;
    if matches!(counted, Err(Error::Refused(Refusal::Limited(_)))) {
        refused.put(name.to_owned(), (), cx.now, cx.now.plus(REMEMBERED));
    }
    Ok((counted?, asked?))
}

/// Does steps on an object and then what the verdict asks for, without anybody waiting for it; faults are logged.
pub(crate) fn count_in_background(
    cx: &Cx,
    call: CounterCall,
    then: impl for<'a> FnOnce(&'a Cx, Verdict) -> LocalBoxFuture<'a, Result<(), Fault>> + 'static,
) {
    let context = cx.clone();
    cx.background.run(Box::pin(async move {
        let done = match context.counters.count(call).await {
            Ok(verdict) => then(&context, verdict).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = done {
            context.log_fault("counters", &fault);
        }
    }));
}

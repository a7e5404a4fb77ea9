//! Exact counters: pure rules that a counter object applies to its tallies.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::model::time::Time;
use crate::ports::{Act, Count, Rule, Tally, Verdict};

/// What is kept of one tally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    /// Takes that count.
    count: u32,
    /// Window: when it began. Otherwise: the last take. Milliseconds.
    at: i64,
    /// Refusals since the last take.
    refused: u32,
}

impl State {
    /// The last instant that it speaks of.
    pub fn last(self) -> Time {
        Time(self.at)
    }
}

/// All tallies of one object.
pub type Tallies = HashMap<String, State>;

/// How one tally fares.
struct Fare {
    admitted: bool,
    limit: u32,
    remaining: u32,
    reset: u32,
}

/// Applies one call to an object's tallies; all of it or, if one tally refuses a take, none.
pub fn apply(tallies: &mut Tallies, call: &Count, now: Time) -> Verdict {
    tallies.retain(|name, state| match call.tallies.iter().find(|tally| tally.name == *name) {
        Some(tally) => !is_over(*state, tally.rule, now),
        // A tally that this call does not name has expired when no rule we have remembers that long.
        None => now.0 < Time(state.at).plus(86_400).0,
    });
    match call.act {
        Act::Take => take(tallies, &call.tallies, now),
        Act::Give => {
            for tally in &call.tallies {
                if let Some(state) = tallies.get_mut(&tally.name) {
                    state.count = state.count.saturating_sub(1);
                }
            }
            admitted()
        }
        Act::Clear => {
            for tally in &call.tallies {
                tallies.remove(&tally.name);
            }
            admitted()
        }
        Act::Forget => {
            tallies.clear();
            admitted()
        }
    }
}

/// When the object may forget everything.
pub fn over_at(now: Time) -> Time {
    now.plus(86_400)
}

fn admitted() -> Verdict {
    Verdict { admitted: true, first_refusal: false, limit: 0, remaining: 0, reset: 0 }
}

fn take(tallies: &mut Tallies, wanted: &[Tally], now: Time) -> Verdict {
    let mut tightest: Option<Fare> = None;
    for tally in wanted {
        let fare = hit(tallies.get(&tally.name).copied().unwrap_or_default(), tally.rule, now);
        let tighter = tightest.as_ref().is_none_or(|best| {
            (best.admitted && !fare.admitted)
                || (best.admitted == fare.admitted
                    && (fare.remaining, best.reset) < (best.remaining, fare.reset))
        });
        if tighter {
            tightest = Some(fare);
        }
    }
    let Some(fare) = tightest else { return admitted() };
    let mut first_refusal = false;
    for tally in wanted {
        let state = tallies.entry(tally.name.clone()).or_default();
        if fare.admitted {
            let starts = !matches!(tally.rule, Rule::Window { .. }) || state.count == 0;
            *state = State {
                count: state.count.saturating_add(1),
                at: if starts { now.0 } else { state.at },
                refused: 0,
            };
        } else {
            if hit(*state, tally.rule, now).admitted {
                continue;
            }
            first_refusal |= state.refused == 0;
            state.refused = state.refused.saturating_add(1);
            if state.count == 0 {
                state.at = now.0;
            }
        }
    }
    Verdict {
        admitted: fare.admitted,
        first_refusal,
        limit: fare.limit,
        remaining: fare.remaining,
        reset: fare.reset,
    }
}

/// Whether a tally's rule does not remember it any more.
fn is_over(state: State, rule: Rule, now: Time) -> bool {
    let seconds = match rule {
        Rule::Lockout { limit, lock, .. } if state.count >= limit => lock,
        Rule::Window { seconds, .. } | Rule::Backoff { seconds, .. } | Rule::Lockout { seconds, .. } => {
            seconds
        }
    };
    now.0 >= Time(state.at).plus(i64::from(seconds)).0
}

/// Whether one more take is admitted in this state.
fn hit(state: State, rule: Rule, now: Time) -> Fare {
    let until = |at: Time| u32::try_from((at.0 - now.0 + 999).max(0) / 1000).unwrap_or(u32::MAX);
    match rule {
        Rule::Window { limit, seconds } => {
            let began = if state.count == 0 { now } else { Time(state.at) };
            let reset = until(began.plus(i64::from(seconds)));
            let admitted = state.count < limit;
            let left = limit.saturating_sub(state.count);
            Fare { admitted, limit, remaining: if admitted { left.saturating_sub(1) } else { 0 }, reset }
        }
        Rule::Lockout { limit, seconds, lock } => {
            let admitted = state.count < limit;
            let left = limit.saturating_sub(state.count).saturating_sub(1);
            let reset = if admitted { seconds } else { until(Time(state.at).plus(i64::from(lock))) };
            Fare { admitted, limit, remaining: left, reset }
        }
        Rule::Backoff { free, seconds, max } => {
            let Some(over) = state.count.checked_sub(free) else {
                let remaining = free.saturating_sub(state.count).saturating_sub(1);
                return Fare { admitted: true, limit: free, remaining, reset: seconds };
            };
            let delay = 1_u32.checked_shl(over.min(31)).unwrap_or(max).min(max);
            let next = Time(state.at).plus(i64::from(delay));
            Fare {
                admitted: now >= next,
                limit: free,
                remaining: 0,
                reset: until(next).max(u32::from(now < next)),
            }
        }
    }
}

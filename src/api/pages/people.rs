//! Durations and instants as people say them.

use crate::api::pages::messages::{Messages, fill};
use crate::model::time::Time;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// In days.
const YEAR: i64 = 365;

/// How long from now, as `in 10 minutes`: rounded up, so that nobody comes too early.
pub(super) fn wait(m: &Messages, seconds: i64) -> String {
    let (one, many, unit) = match seconds {
        ..=90 => (m.in_second, m.in_seconds, 1),
        91..=5_400 => (m.in_minute, m.in_minutes, MINUTE),
        5_401..=129_600 => (m.in_hour, m.in_hours, HOUR),
        _ => (m.in_day, m.in_days, DAY),
    };
    let count = seconds.max(1).saturating_add(unit - 1).div_euclid(unit);
    if count == 1 { one.to_owned() } else { fill(many, "n", count) }
}

/// How long something lasts that is set in whole days, as `for 30 days` or `for a year`.
pub(super) fn lasting(m: &Messages, days: i64) -> String {
    let years = days.checked_div(YEAR).filter(|years| *years > 0 && years.saturating_mul(YEAR) == days);
    match (years, days) {
        (Some(1), _) => m.for_year.to_owned(),
        (Some(years), _) => fill(m.for_years, "n", years),
        (None, 1) => m.for_day.to_owned(),
        (None, days) => fill(m.for_days, "n", days),
    }
}

/// An instant for a page: what machines read, what is shown, and the whole of it for who asks.
pub(super) struct Moment {
    /// RFC 3339.
    pub(crate) machine: String,
    /// As `5 minutes ago`, or `in 3 days`.
    pub(crate) shown: String,
    /// As `2026-05-01 12:00 UTC`.
    pub(crate) exact: String,
}

/// An instant, seen from another.
pub(super) fn moment(m: &Messages, at: Time, now: Time) -> Moment {
    let machine = at.rfc3339();
    let exact = format!("{} UTC", machine.get(..16).unwrap_or(&machine).replace('T', " "));
    let gone = now.unix().saturating_sub(at.unix());
    let shown = match gone {
        ..0 => wait(m, gone.saturating_neg()),
        0..MINUTE => m.ago_now.to_owned(),
        _ => ago(m, gone).unwrap_or_else(|| machine.chars().take(10).collect()),
    };
    Moment { machine, shown, exact }
}

/// How long ago, rounded down; `None` when a date says more.
fn ago(m: &Messages, seconds: i64) -> Option<String> {
    let (one, many, unit) = match seconds {
        ..HOUR => (m.ago_minute, m.ago_minutes, MINUTE),
        HOUR..DAY => (m.ago_hour, m.ago_hours, HOUR),
        _ => (m.ago_day, m.ago_days, DAY),
    };
    let count = seconds.div_euclid(unit);
    match count {
        1 => Some(one.to_owned()),
        _ if unit == DAY && count > 30 => None,
        _ => Some(fill(many, "n", count)),
    }
}

//! Look-ups of what nobody has: made-up cookies, tokens, keys, links, tenants, hosts and origins, by client address.
//!
//! Callers that an isolate remembers wait for nothing here, and whoever presents what exists does not count. Each
//! isolate keeps its own count of what addresses presented for nothing. Up to [`UNKNOWN_UNASKED`] a minute it only tells the
//! exact counter afterwards; from there on it asks that counter before anything is looked up. So one address gets at
//! most [`UNKNOWN_A_MINUTE`] such look-ups a minute, and [`UNKNOWN_UNASKED`] in each isolate that did not hear of it yet.
//!
//! Endpoints that are open to all read storage for what exists, too (a page for a client's request that waits). What
//! an address asks of them at all is counted in the same way, with [`OPEN`] and [`OPEN_UNASKED`].
//!
//! Where that counter is out of reach, each isolate goes by its own count up to the same limits.

use crate::cx::{Cx, Lookup};
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::throttle::addresses::Addresses;
use crate::domain::throttle::logins::{
    OPEN, OPEN_A_MINUTE, OPEN_UNASKED, UNKNOWN, UNKNOWN_A_MINUTE, UNKNOWN_UNASKED,
};
use crate::domain::throttle::tallies::{count_in_background, of_address, taking};
use crate::memo::{Invalidation, Slot};
use crate::model::tenant::HOME;
use crate::model::time::Time;
use crate::oidc::error::Code;
use crate::ports::{Act, Count, CounterCall, CounterObject, Fault, Tally, Verdict};

/// The window of both limits, in seconds.
const SECONDS: i64 = 60;

/// What was presented and is unknown: as what, and its hash.
pub(crate) struct Unknown;

impl Slot for Unknown {
    type Key = String;
    type Value = ();
    const CAPACITY: usize = 5_000;

    /// Any change may make what was unknown known.
    fn is_stale(_: &String, (): &(), _: Invalidation<'_>) -> bool {
        true
    }
}

fn unknown() -> Tally {
    Tally { name: "unknown".into(), rule: UNKNOWN }
}

fn open() -> Tally {
    Tally { name: "open".into(), rule: OPEN }
}

fn object(cx: &Cx) -> CounterObject {
    of_address(cx, "lookups")
}

/// Asks whether what the caller presents may be looked up; once in a request.
///
/// # Errors
/// [`Refusal::Limited`] for an address that presented too much that nobody has.
pub(crate) async fn admit(cx: &Cx) -> Result<(), Error> {
    take_lookup(cx, false).await
}

/// The same for a request to an endpoint that is open to all, which counts as one besides.
///
/// # Errors
/// As [`admit`].
pub(crate) async fn admit_open(cx: &Cx) -> Result<(), Error> {
    take_lookup(cx, true).await
}

async fn take_lookup(cx: &Cx, is_open: bool) -> Result<(), Error> {
    if cx.caller.unlimited || cx.caller.lookup.get().is_admitted() {
        return Ok(());
    }
    let address = cx.address_bucket();
    let seen = cx.memory.of::<Addresses>().begin(&address, is_open, cx.now, SECONDS);
    if cx.now < seen.shut_until {
        return Err(limit_error(cx, seen.shut_until));
    }
    if seen.unknown <= UNKNOWN_UNASKED && (!is_open || seen.open <= OPEN_UNASKED) {
        cx.caller.lookup.set(Lookup::Uncounted);
        return Ok(());
    }
    let mut tallies = vec![unknown()];
    tallies.extend(is_open.then(open));
    let verdict = match cx.counters.count(taking(object(cx), tallies)).await {
        Ok(verdict) => verdict,
        // Out of reach, the counter holds nobody off who would be let in: what this isolate counted itself decides.
        Err(fault) if seen.unknown <= UNKNOWN_A_MINUTE && seen.open <= OPEN_A_MINUTE => {
            cx.log_fault("counters", &fault);
            cx.caller.lookup.set(Lookup::Uncounted);
            return Ok(());
        }
        Err(fault) => return Err(fault.into()),
    };
    if verdict.admitted {
        cx.caller.lookup.set(Lookup::Counted { open: is_open });
        return Ok(());
    }
    shut(cx, &verdict).await?;
    Err(Refusal::Limited(verdict).into())
}

/// What an isolate answers by itself while an address is held off.
fn limit_error(cx: &Cx, until: Time) -> Error {
    let reset = u32::try_from((until.0 - cx.now.0 + 999) / 1000).unwrap_or(1);
    let limit = UNKNOWN_A_MINUTE;
    Refusal::Limited(Verdict { admitted: false, first_refusal: false, limit, remaining: 0, reset }).into()
}

/// Notes that the counter holds an address off; the first of a row is written to the audit log.
async fn shut(cx: &Cx, verdict: &Verdict) -> Result<(), Fault> {
    cx.memory.of::<Addresses>().shut(&cx.address_bucket(), cx.now.plus(i64::from(verdict.reset)));
    if verdict.first_refusal {
        audit::write(cx, HOME, Entry::failed("lookups.limited")).await?;
    }
    Ok(())
}

/// Notes that what was presented is unknown.
pub(crate) fn note_unknown(cx: &Cx) {
    cx.caller.missed.set(true);
}

/// Whether this isolate looked that up a moment ago, for nothing: what it was presented as, and its hash.
pub(crate) fn is_refused(cx: &Cx, presented: &str) -> bool {
    let refused = cx.memo::<Unknown>().get(presented, cx.now).is_some();
    if refused {
        note_unknown(cx);
    }
    refused
}

/// Remembers that this is unknown, and notes that it was presented.
pub(crate) fn refuse(cx: &Cx, presented: String) {
    note_unknown(cx);
    cx.memo::<Unknown>().put(presented, (), cx.now, cx.remember_until());
}

/// The caller proved who they are, for whom it is no sign of guessing to present what has expired: a client with its own
/// secret that brings many people's tokens.
pub(crate) fn exempt(cx: &Cx) {
    cx.caller.proved.set(true);
}

/// Ends a request: what it presented for nothing is counted, and anything else given back. Nobody waits for that.
pub(crate) fn settle(cx: &Cx, refusal: Option<&Refusal>) {
    let held_off = matches!(refusal, Some(Refusal::Limited(_))) && !cx.caller.lookup.get().is_admitted();
    if cx.caller.unlimited || held_off {
        return;
    }
    let proved = cx.caller.proved.get();
    let missed = !proved && (cx.caller.missed.get() || refusal.is_some_and(is_miss));
    let counted = cx.caller.lookup.replace(Lookup::None);
    let address = cx.address_bucket();
    let mut tallies = vec![unknown()];
    let act = match (counted, missed) {
        (Lookup::None, false) | (Lookup::Counted { .. }, true) => return,
        (Lookup::Uncounted, false) => return cx.memory.of::<Addresses>().give(&address),
        (Lookup::Counted { open: is_open }, false) => {
            cx.memory.of::<Addresses>().give(&address);
            tallies.extend((is_open && proved).then(open));
            Act::Give
        }
        (Lookup::None, true) => {
            cx.memory.of::<Addresses>().begin(&address, false, cx.now, SECONDS);
            Act::Take
        }
        (Lookup::Uncounted, true) => Act::Take,
    };
    let call = CounterCall { object: object(cx), steps: vec![Count { act, tallies }] };
    count_in_background(cx, call, |cx, verdict| {
        Box::pin(async move { if verdict.admitted { Ok(()) } else { shut(cx, &verdict).await } })
    });
}

/// Whether a refusal says that what was presented is unknown.
fn is_miss(refusal: &Refusal) -> bool {
    if let Refusal::Challenged(challenge) = refusal {
        return is_miss(&challenge.plainly());
    }
    matches!(
        refusal,
        Refusal::BadCredential
            | Refusal::LinkDead
            | Refusal::ChallengeOver
            | Refusal::OAuth(
                Code::InvalidClient | Code::InvalidGrant | Code::InvalidToken | Code::InvalidRequestUri,
                _
            )
    )
}

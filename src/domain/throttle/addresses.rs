//! What addresses presented for nothing, as one isolate saw it: what it decides by without asking the exact counter.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::memo::Remembered;
use crate::model::time::Time;

/// What addresses presented for nothing, as this isolate saw it.
#[derive(Default)]
pub(crate) struct Addresses(RefCell<HashMap<String, Seen>>);

/// What is kept of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// When its window began.
    began: Time,
    /// What it presented since and was not known, with what is being looked up.
    pub(crate) unknown: u32,
    /// What it asked since of endpoints that are open to all.
    pub(crate) open: u32,
    /// Until when it is held off.
    pub(crate) shut_until: Time,
}

/// How many addresses are kept.
const MOST_ADDRESSES: usize = 10_000;

impl Remembered for Addresses {}

impl Addresses {
    /// Counts one more look-up of an address in a window of this many seconds.
    pub(crate) fn begin(&self, address: &str, open: bool, now: Time, seconds: i64) -> Seen {
        let mut all = self.0.borrow_mut();
        // A clock that was set back begins anew, too.
        let is_past = |seen: &Seen| now >= seen.began.plus(seconds) || now < seen.began;
        let is_over = |seen: &Seen| is_past(seen) && now >= seen.shut_until;
        if all.len() >= MOST_ADDRESSES && !all.contains_key(address) {
            all.retain(|_, seen| !is_over(seen));
            if all.len() >= MOST_ADDRESSES {
                all.clear();
            }
        }
        let fresh = Seen { began: now, unknown: 0, open: 0, shut_until: Time(0) };
        let seen = all.entry(address.to_owned()).or_insert(fresh);
        if is_over(seen) {
            *seen = fresh;
        }
        seen.unknown = seen.unknown.saturating_add(1);
        seen.open = seen.open.saturating_add(u32::from(open));
        *seen
    }

    /// Gives one back that was known.
    pub(crate) fn give(&self, address: &str) {
        if let Some(seen) = self.0.borrow_mut().get_mut(address) {
            seen.unknown = seen.unknown.saturating_sub(1);
        }
    }

    /// Holds an address off until then.
    pub(crate) fn shut(&self, address: &str, until: Time) {
        if let Some(seen) = self.0.borrow_mut().get_mut(address) {
            seen.shut_until = until;
        }
    }
}

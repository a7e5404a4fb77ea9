//! What an isolate knows of the changes of one tenant: up to which it has heard of them, as of when, and which were lately.
//! All times but a change's own are the isolate's: no other clock says how old what it knows is.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::change::Change;
use crate::model::time::Time;

/// The feed of what is remembered across tenants: no tenant has this id.
pub(crate) const ACROSS: &str = "";

/// How far the database had come when it was asked, and when that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The newest change of any tenant.
    pub(crate) position: i64,
    /// The isolate's time before it asked.
    pub(crate) asked_at: Time,
}

/// The latest changes of a tenant, all of them since a while ago.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// Since when.
    from: Time,
    /// What changed, by a hash of its kind and id, with when: that two have one only costs a look-up.
    changed: HashMap<u64, Time>,
    /// When the tenant itself last changed: its settings, roles or keys.
    tenant_at: Option<Time>,
}

/// More changes are not kept of one tenant.
pub(crate) const MOST_COVERED: usize = 10_000;

pub(super) fn hash_of(kind: &str, id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind, id).hash(&mut hasher);
    hasher.finish()
}

impl Coverage {
    /// Of the changes since then.
    pub(crate) fn new<'a>(from: Time, changes: impl IntoIterator<Item = &'a Change>) -> Coverage {
        let mut coverage = Coverage { from, ..Coverage::default() };
        changes.into_iter().for_each(|change| coverage.add(change));
        coverage
    }

    fn add(&mut self, change: &Change) {
        match change.kind.as_str() {
            "tenant" => self.tenant_at = self.tenant_at.max(Some(change.at)),
            "session" | "user" => {
                self.changed.insert(hash_of(&change.kind, &change.id), change.at);
            }
            _ => {}
        }
    }
}

/// How well a tenant is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// As well as it must be.
    Fresh,
    /// As well as it must be, and soon no more.
    Aging,
    /// Not well enough.
    Stale,
}

/// What is known of a tenant's changes.
#[derive(Debug)]
pub(crate) struct Feed {
    /// What is remembered under it says so by this id.
    pub(super) id: u64,
    position: Cell<i64>,
    known_at: Cell<Time>,
    /// When it was last asked for in the background, until the answer is there.
    asking_since: Cell<Option<Time>>,
    /// When the tenant was last read whole.
    loaded_at: Cell<Time>,
    coverage: RefCell<Option<Coverage>>,
}

impl Feed {
    pub(super) fn new(id: u64, snapshot: &Snapshot, coverage: Option<Coverage>) -> Feed {
        Feed {
            id,
            position: Cell::new(snapshot.position),
            known_at: Cell::new(snapshot.asked_at),
            asking_since: Cell::new(None),
            loaded_at: Cell::new(snapshot.asked_at),
            coverage: RefCell::new(coverage),
        }
    }

    /// As of when it is known.
    pub(crate) fn known_at(&self) -> Time {
        self.known_at.get()
    }

    /// Its id.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Up to which change it is known.
    pub(crate) fn position(&self) -> i64 {
        self.position.get()
    }

    /// How well it is known, if it must not be older than that. A clock that was set back makes nothing younger.
    pub(crate) fn freshness(&self, now: Time, bound_seconds: i64) -> Freshness {
        let (age, bound) = (now.0.saturating_sub(self.known_at.get().0), bound_seconds.saturating_mul(1000));
        match age {
            age if age < 0 || age >= bound => Freshness::Stale,
            age if age.saturating_mul(2) >= bound => Freshness::Aging,
            _ => Freshness::Fresh,
        }
    }

    /// Whether the caller is to ask in the background: nobody else does. Whoever began to long ago never will.
    pub(crate) fn begin_asking(&self, now: Time, bound_seconds: i64) -> bool {
        let is_asked = self.asking_since.get().is_some_and(|since| {
            let age = now.0.saturating_sub(since.0);
            (0..bound_seconds.saturating_mul(1000)).contains(&age)
        });
        if !is_asked {
            self.asking_since.set(Some(now));
        }
        !is_asked
    }

    pub(crate) fn end_asking(&self) {
        self.asking_since.set(None);
    }

    /// Whether the tenant was read whole so long ago that it is soon to be again.
    pub(crate) fn is_due(&self, now: Time, seconds: i64) -> bool {
        now >= self.loaded_at.get().plus(seconds)
    }

    pub(crate) fn note_load(&self, at: Time) {
        self.loaded_at.set(at);
    }

    /// Notes that everything up to there was heard of and forgotten.
    pub(crate) fn advance(&self, snapshot: &Snapshot) {
        self.position.set(self.position.get().max(snapshot.position));
        self.known_at.set(self.known_at.get().max(snapshot.asked_at));
    }

    /// Whether everything that changed before then is known.
    pub(crate) fn is_known_since(&self, then: Time) -> bool {
        self.known_at.get() >= then
    }

    /// Notes changes for who asks what changed lately: since `from`, and by the database's clock since `kept_from`. `None`:
    /// some are not known.
    pub(crate) fn cover(&self, changes: Option<&[Change]>, from: Time, kept_from: Time) {
        let mut coverage = self.coverage.borrow_mut();
        let Some(changes) = changes else {
            *coverage = None;
            return;
        };
        let Some(known) = coverage.as_mut() else { return };
        changes.iter().for_each(|change| known.add(change));
        if known.from < from {
            known.from = from;
            known.changed.retain(|_, at| *at >= kept_from);
        }
        if known.changed.len() > MOST_COVERED {
            *coverage = None;
        }
    }

    /// Whether neither of these changed since a token of then was made, nor, for `quiet_seconds` before that, the tenant
    /// itself; `false` where that is not known.
    pub(crate) fn is_unchanged(&self, of: &[(&str, &str)], since: Time, quiet_seconds: i64) -> bool {
        let coverage = self.coverage.borrow();
        let Some(known) = coverage.as_ref() else { return false };
        known.from <= since
            && known.tenant_at.is_none_or(|at| at.plus(quiet_seconds) <= since)
            && of.iter().all(|(kind, id)| !known.changed.contains_key(&hash_of(kind, id)))
    }
}

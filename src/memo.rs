//! What an isolate remembers: bounded maps whose entries live for seconds. Each room of the domain owns its own.
//!
//! A key carries its tenant (or is a credential, which belongs to one), and no entry outlives
//! [`crate::config::Config::revocation_seconds`]: that is the bound on how late a revocation, a role
//! change or a new route is seen by an isolate that did not make it. Documents of other servers are no state of ours, and
//! live as long as their servers say (`domain::outbound::documents`).

use std::any::{Any, TypeId};
use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use crate::model::time::Time;

/// What one isolate's own change makes stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalidation<'a> {
    /// What is known of a user, by id.
    User(&'a str),
    /// What is known of a client, by id.
    Client(&'a str),
    /// What is known of an API key, by id.
    Key(&'a str),
    /// What is known of a tenant, by id.
    Tenant(&'a str),
    /// What a tenant's own pages and mails say, by its id.
    Templates(&'a str),
}

/// Something that an isolate remembers, of which there is one of each type.
pub(crate) trait Remembered: Default + 'static {
    /// Forgets what a change makes stale.
    fn invalidate(&self, _change: Invalidation<'_>) {}
}

/// What a bounded map is for.
pub trait Slot: 'static {
    /// What its values are found by.
    type Key: Hash + Eq;
    /// What is remembered.
    type Value: Clone;
    /// How many entries it holds.
    const CAPACITY: usize;

    /// Whether a change makes an entry stale.
    fn is_stale(_key: &Self::Key, _value: &Self::Value, _change: Invalidation<'_>) -> bool {
        false
    }
}

/// What a bounded map holds, each with the time until which it does.
type Entries<S> = HashMap<<S as Slot>::Key, (Time, <S as Slot>::Value)>;

/// A bounded map whose entries live for a while.
pub struct Memo<S: Slot>(RefCell<Entries<S>>);

impl<S: Slot> Default for Memo<S> {
    fn default() -> Memo<S> {
        Memo(RefCell::default())
    }
}

impl<S: Slot> Remembered for Memo<S> {
    fn invalidate(&self, change: Invalidation<'_>) {
        self.0.borrow_mut().retain(|key, (_, value)| !S::is_stale(key, value, change));
    }
}

impl<S: Slot> Memo<S> {
    /// The value, if one was put and its time is not up.
    pub fn get<Q>(&self, key: &Q, now: Time) -> Option<S::Value>
    where
        S::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let entries = self.0.borrow();
        let (until, value) = entries.get(key)?;
        (now < *until).then(|| value.clone())
    }

    /// Whether a value was put, though its time may be up.
    pub(crate) fn has_seen<Q>(&self, key: &Q) -> bool
    where
        S::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.borrow().contains_key(key)
    }

    /// Remembers a value until then. A full map first drops what has expired, and all if nothing has.
    pub fn put(&self, key: S::Key, value: S::Value, now: Time, until: Time) {
        let mut entries = self.0.borrow_mut();
        if until <= now {
            entries.remove(&key);
            return;
        }
        if entries.len() >= S::CAPACITY {
            entries.retain(|_, (until, _)| now < *until);
            if entries.len() >= S::CAPACITY {
                entries.clear();
            }
        }
        entries.insert(key, (until, value));
    }

    /// Forgets one key.
    pub fn forget<Q>(&self, key: &Q)
    where
        S::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.borrow_mut().remove(key);
    }

    /// Forgets the entries whose value fits.
    pub fn forget_where(&self, fits: impl Fn(&S::Value) -> bool) {
        self.0.borrow_mut().retain(|_, (_, value)| !fits(value));
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

/// One [`Remembered`], under both of the types that it is asked by.
struct Kept {
    value: Rc<dyn Any>,
    invalidate: Box<dyn Fn(Invalidation<'_>)>,
}

/// All that an isolate remembers, by type; made when it is first asked for.
#[derive(Default)]
pub struct Memory(RefCell<HashMap<TypeId, Kept>>);

impl Memory {
    /// The isolate's own of that type.
    pub(crate) fn of<T: Remembered>(&self) -> Rc<T> {
        let mut all = self.0.borrow_mut();
        let make = || {
            let value = Rc::new(T::default());
            let same = value.clone();
            Kept { value, invalidate: Box::new(move |change| same.invalidate(change)) }
        };
        let kept = all.entry(TypeId::of::<T>()).or_insert_with(make);
        // The type is the key: what stands under it is one.
        kept.value.clone().downcast().unwrap_or_default()
    }

    /// The bounded map for that.
    pub fn memo<S: Slot>(&self) -> Rc<Memo<S>> {
        self.of()
    }

    /// Forgets what a change makes stale.
    pub(crate) fn invalidate(&self, change: Invalidation<'_>) {
        self.0.borrow().values().for_each(|kept| (kept.invalidate)(change));
    }

    /// Forgets what is known of one tenant, after a change that this isolate made itself.
    pub fn forget_tenant(&self, tenant_id: &str) {
        self.invalidate(Invalidation::Tenant(tenant_id));
    }
}

//! What an isolate remembers: bounded maps, of which each room of the domain owns its own.
//!
//! Most of it is rows of a tenant, remembered for minutes under the tenant's [`Feed`]: what the isolate knows of the
//! tenant's changes. It is used only while that is not older than [`crate::config::Config::revocation_seconds`], which is
//! how late a revocation, a role change or a new route is seen by an isolate that did not make it. The rest has a short
//! life of its own: what nobody has, limits, and documents of other servers, which live as long as those say
//! (`domain::outbound::documents`).

mod feed;
mod generations;

use std::any::{Any, TypeId};
use std::borrow::Borrow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use self::feed::hash_of;
pub(crate) use self::feed::{ACROSS, Coverage, Feed, Freshness, MOST_COVERED, Snapshot};
use self::generations::Generations;
use crate::model::time::Time;

/// Seconds that rows are remembered at most, while the feed says that they did not change.
pub(crate) const MEMORY_SECONDS: i64 = 300;

/// The same of whose a host is: nobody reads that again behind an answer.
pub(crate) const HOST_SECONDS: i64 = 3_600;

/// What one isolate's own change, or one that the feed tells of, makes stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalidation<'a> {
    /// What is known of a user, by id.
    User(&'a str),
    /// What is known of a session, by id.
    Session(&'a str),
    /// What is known of a client, by id.
    Client(&'a str),
    /// What is known of an API key, by id.
    Key(&'a str),
    /// What is known of a tenant, by id, and of those of its directory.
    Tenant(&'a str),
    /// A tenant's routes and plans, by its id.
    Routes(&'a str),
    /// What a tenant's own pages and mails say, by its id.
    Templates(&'a str),
    /// Whose a host is.
    Host(&'a str),
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
    /// How much it holds: entries, each as often as [`Slot::weight`] says.
    const CAPACITY: usize;

    /// How many entries a value counts as.
    fn weight(_value: &Self::Value) -> usize {
        1
    }

    /// Whether a change makes an entry stale.
    fn is_stale(_key: &Self::Key, _value: &Self::Value, _change: Invalidation<'_>) -> bool {
        false
    }
}

/// The id of a feed that no value is remembered under.
const NO_FEED: u64 = 0;

/// What is remembered under a key.
struct Entry<V> {
    until: Time,
    /// The feed that it is of.
    feed: u64,
    value: V,
}

/// A bounded map whose entries live for a while. A full one drops the half that was not used for longest.
pub struct Memo<S: Slot>(RefCell<Generations<S::Key, Entry<S::Value>>>);

impl<S: Slot> Default for Memo<S> {
    fn default() -> Memo<S> {
        Memo(RefCell::new(Generations::new(S::CAPACITY)))
    }
}

impl<S: Slot> Remembered for Memo<S> {
    fn invalidate(&self, change: Invalidation<'_>) {
        self.0.borrow_mut().retain(|key, entry| !S::is_stale(key, &entry.value, change));
    }
}

impl<S: Slot> Memo<S> {
    /// The value, if one was put and its time is not up.
    pub fn get<Q>(&self, key: &Q, now: Time) -> Option<S::Value>
    where
        S::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.live(key, now, |_| true)
    }

    /// The same of a value that is of this feed.
    pub(crate) fn get_of<Q>(&self, feed: &Feed, key: &Q, now: Time) -> Option<S::Value>
    where
        S::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.live(key, now, |entry| entry.feed == feed.id)
    }

    /// The value, with the id of the feed that it is of.
    pub(crate) fn peek<Q>(&self, key: &Q, now: Time) -> Option<(S::Value, u64)>
    where
        S::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut entries = self.0.borrow_mut();
        let entry = entries.get(key)?;
        (now < entry.until).then(|| (entry.value.clone(), entry.feed))
    }

    fn live<Q>(&self, key: &Q, now: Time, fits: impl Fn(&Entry<S::Value>) -> bool) -> Option<S::Value>
    where
        S::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut entries = self.0.borrow_mut();
        let entry = entries.get(key)?;
        (now < entry.until && fits(entry)).then(|| entry.value.clone())
    }

    /// Whether a value was put, though its time may be up.
    pub(crate) fn has_seen<Q>(&self, key: &Q) -> bool
    where
        S::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.borrow_mut().get(key).is_some()
    }

    /// Remembers a value until then.
    pub fn put(&self, key: S::Key, value: S::Value, now: Time, until: Time) {
        self.put_of(NO_FEED, key, value, now, until);
    }

    /// Remembers a value of a tenant whose feed that is.
    pub(crate) fn put_under(&self, feed: &Feed, key: S::Key, value: S::Value, now: Time, until: Time) {
        self.put_of(feed.id, key, value, now, until);
    }

    fn put_of(&self, feed: u64, key: S::Key, value: S::Value, now: Time, until: Time) {
        let mut entries = self.0.borrow_mut();
        if until <= now {
            entries.remove(&key);
            return;
        }
        let weight = S::weight(&value);
        entries.put(key, Entry { until, feed, value }, weight);
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
        self.0.borrow_mut().retain(|_, entry| !fits(&entry.value));
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

/// The moment at which something begins to be looked up. What is found then may be remembered if the isolate has heard of
/// no change meanwhile: it may have been read before that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "it says what may be remembered"]
pub(crate) struct AsOf(u64);

/// How many users and sessions that it changed itself an isolate knows: many more than it changes before it hears of that.
const MOST_CHANGED: usize = 20_000;

/// How many tenants' feeds an isolate knows.
const MOST_FEEDS: usize = 4_000;

/// All that an isolate remembers, by type; made when it is first asked for.
pub struct Memory {
    all: RefCell<HashMap<TypeId, Kept>>,
    /// How many changes it has heard of, and how many feeds it has begun.
    turn: Cell<u64>,
    feeds: RefCell<Generations<String, Rc<Feed>>>,
    /// Users and sessions that changed, by a hash: what this isolate changes itself the feeds tell later.
    changed: RefCell<Generations<u64, ()>>,
    last_feed: Cell<u64>,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory {
            all: RefCell::default(),
            turn: Cell::new(0),
            feeds: RefCell::new(Generations::new(MOST_FEEDS)),
            changed: RefCell::new(Generations::new(MOST_CHANGED)),
            last_feed: Cell::new(NO_FEED),
        }
    }
}

impl Memory {
    /// The isolate's own of that type.
    pub(crate) fn of<T: Remembered>(&self) -> Rc<T> {
        let mut all = self.all.borrow_mut();
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

    fn take_turn(&self) {
        self.turn.set(self.turn.get().wrapping_add(1));
    }

    /// Forgets what a change makes stale.
    pub(crate) fn invalidate(&self, change: Invalidation<'_>) {
        self.take_turn();
        let changed = match change {
            Invalidation::User(id) => Some(hash_of("user", id)),
            Invalidation::Session(id) => Some(hash_of("session", id)),
            _ => None,
        };
        if let Some(changed) = changed {
            self.changed.borrow_mut().put(changed, (), 1);
        }
        self.all.borrow().values().for_each(|kept| (kept.invalidate)(change));
    }

    /// Whether a user or session changed lately as far as this isolate knows: by itself, or as a feed told.
    pub(crate) fn has_changed(&self, kind: &str, id: &str) -> bool {
        self.changed.borrow_mut().get(&hash_of(kind, id)).is_some()
    }

    /// Forgets what is known of one tenant, after a change that this isolate made itself.
    pub fn forget_tenant(&self, tenant_id: &str) {
        self.invalidate(Invalidation::Tenant(tenant_id));
    }

    /// Forgets what is known of all tenants.
    pub fn forget_all(&self) {
        self.end_feed(ACROSS);
    }

    /// What is known of the changes of a tenant; `None` if nothing of it is remembered.
    pub(crate) fn feed(&self, tenant_id: &str) -> Option<Rc<Feed>> {
        self.feeds.borrow_mut().get(tenant_id).cloned()
    }

    /// Begins to remember a tenant. Whatever was remembered of it before is forgotten.
    pub(crate) fn begin_feed(
        &self,
        tenant_id: &str,
        snapshot: &Snapshot,
        coverage: Option<Coverage>,
    ) -> Rc<Feed> {
        self.take_turn();
        self.last_feed.set(self.last_feed.get().wrapping_add(1));
        let feed = Rc::new(Feed::new(self.last_feed.get(), snapshot, coverage));
        self.feeds.borrow_mut().put(tenant_id.to_owned(), feed.clone(), 1);
        feed
    }

    /// Forgets all that was remembered of a tenant under its feed; of all tenants for [`ACROSS`].
    pub(crate) fn end_feed(&self, tenant_id: &str) {
        self.take_turn();
        match tenant_id {
            ACROSS => self.feeds.borrow_mut().clear(),
            one => self.feeds.borrow_mut().remove(one),
        }
    }

    /// The moment, before something is looked up.
    pub(crate) fn as_of(&self) -> AsOf {
        AsOf(self.turn.get())
    }

    /// Whether no change was heard of since.
    pub(crate) fn is_still(&self, as_of: AsOf) -> bool {
        self.as_of() == as_of
    }

    /// The feed that what was looked up since then may be remembered under: none if the isolate heard of a change
    /// meanwhile, or began to hear of them.
    pub(crate) fn feed_still(&self, as_of: AsOf, tenant_id: &str) -> Option<Rc<Feed>> {
        self.is_still(as_of).then(|| self.feed(tenant_id)).flatten()
    }
}

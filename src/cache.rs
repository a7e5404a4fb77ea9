//! What an isolate may remember: bounded maps whose entries live a few seconds.
//!
//! Each key carries its tenant (or is a credential, which belongs to one), and no entry outlives
//! [`crate::config::Config::revocation_seconds`]: that is the bound on how late a revocation, a role
//! change or a new route is seen by an isolate that did not make it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use crate::domain::clients::Client;
use crate::domain::keys::KeySet;
use crate::domain::origins::KnownBy;
use crate::domain::principal::Credential;
use crate::domain::tenants::Tenant;
use crate::model::route::RouteTable;
use crate::model::time::Time;

/// A bounded map with one life for all its entries.
pub struct Memo<K, V> {
    entries: RefCell<HashMap<K, (Time, V)>>,
    capacity: usize,
}

impl<K: Hash + Eq, V: Clone> Memo<K, V> {
    fn new(capacity: usize) -> Memo<K, V> {
        Memo { entries: RefCell::new(HashMap::new()), capacity }
    }

    /// The value, if one was put and its time is not up.
    pub fn get<Q>(&self, key: &Q, now: Time) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let entries = self.entries.borrow();
        let (until, value) = entries.get(key)?;
        (now < *until).then(|| value.clone())
    }

    /// Whether a value was put, though its time may be up.
    pub fn has_seen<Q>(&self, key: &Q) -> bool
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.borrow().contains_key(key)
    }

    /// Remembers a value until then. A full map first drops what is over, and all if nothing is.
    pub fn put(&self, key: K, value: V, now: Time, until: Time) {
        if until <= now {
            self.entries.borrow_mut().remove(&key);
            return;
        }
        let mut entries = self.entries.borrow_mut();
        if entries.len() >= self.capacity {
            entries.retain(|_, (until, _)| now < *until);
            if entries.len() >= self.capacity {
                entries.clear();
            }
        }
        entries.insert(key, (until, value));
    }

    /// Forgets one key.
    pub fn forget<Q>(&self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.borrow_mut().remove(key);
    }

    /// Forgets the entries whose value fits.
    pub fn forget_where(&self, fits: impl Fn(&V) -> bool) {
        self.entries.borrow_mut().retain(|_, (_, value)| !fits(value));
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.entries.borrow_mut().clear();
    }
}

/// What addresses presented for nothing, as this isolate saw it.
#[derive(Default)]
pub struct Addresses(RefCell<HashMap<String, Seen>>);

/// What is kept of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// When its window began.
    began: Time,
    /// What it presented since and was not known, with what is being looked up.
    pub unknown: u32,
    /// What it asked since of endpoints that are open to all.
    pub open: u32,
    /// Until when it is held off.
    pub shut_until: Time,
}

/// How many addresses are kept.
const MOST_ADDRESSES: usize = 10_000;

impl Addresses {
    /// Counts one more look-up of an address in a window of so many seconds.
    pub fn begin(&self, address: &str, open: bool, now: Time, seconds: i64) -> Seen {
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
    pub fn give(&self, address: &str) {
        if let Some(seen) = self.0.borrow_mut().get_mut(address) {
            seen.unknown = seen.unknown.saturating_sub(1);
        }
    }

    /// Holds an address off until then.
    pub fn shut(&self, address: &str, until: Time) {
        if let Some(seen) = self.0.borrow_mut().get_mut(address) {
            seen.shut_until = until;
        }
    }
}

/// A credential as it was presented. It is compared whole and hashed by its end, where every kind of ours is
/// random: nobody can fill the map with others of the same hash, as only valid ones are put into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented(pub String);

impl Hash for Presented {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        self.0.as_bytes().last_chunk::<24>().hash(hasher);
    }
}

/// The isolate's memory.
pub struct Cache {
    /// Whether the database is known to have this version's migrations.
    pub ready: Cell<bool>,
    /// Tenant by id; `None` remembers that there is none.
    pub tenants: Memo<String, Option<Rc<Tenant>>>,
    /// Tenant id by custom host; `None` for a host that is nobody's.
    pub hosts: Memo<String, Option<String>>,
    /// Signing keys by tenant id.
    pub keys: Memo<String, Rc<KeySet>>,
    /// Gateway routes, roles and plans by tenant id.
    pub routes: Memo<String, Rc<RouteTable>>,
    /// Clients by tenant and client id.
    pub clients: Memo<(String, String), Rc<Client>>,
    /// Who made the clients of an origin, by tenant and origin.
    pub origins: Memo<(String, String), KnownBy>,
    /// Pages in a tenant's own HTML by tenant and name; `None` remembers that there is none.
    pub templates: Memo<(String, &'static str), Option<Rc<str>>>,
    /// Who a credential stands for, by the credential itself; with the assertions minted for it.
    pub credentials: Memo<Presented, Rc<Credential>>,
    /// What was presented and is nobody's: as what, and its hash.
    pub refused: Memo<String, ()>,
    /// What addresses presented for nothing.
    pub addresses: Addresses,
}

impl Default for Cache {
    fn default() -> Cache {
        Cache {
            ready: Cell::default(),
            tenants: Memo::new(1_000),
            hosts: Memo::new(1_000),
            keys: Memo::new(200),
            routes: Memo::new(200),
            clients: Memo::new(1_000),
            origins: Memo::new(1_000),
            templates: Memo::new(200),
            credentials: Memo::new(5_000),
            refused: Memo::new(5_000),
            addresses: Addresses::default(),
        }
    }
}

impl Cache {
    /// Forgets the credentials of one user, after a change that this isolate made itself.
    pub fn forget_user(&self, user_id: &str) {
        self.refused.clear();
        self.credentials.forget_where(|credential| credential.user().is_some_and(|user| user.id == user_id));
    }

    /// Forgets the credentials of one client, after a change that this isolate made itself.
    pub fn forget_client(&self, client_id: &str) {
        self.refused.clear();
        self.credentials.forget_where(|credential| credential.client_id.as_deref() == Some(client_id));
    }

    /// Forgets what is known of one tenant, after a change that this isolate made itself.
    pub fn forget_tenant(&self, tenant_id: &str) {
        self.tenants.forget(tenant_id);
        self.hosts.clear();
        self.keys.forget(tenant_id);
        self.routes.forget(tenant_id);
        self.clients.forget_where(|client| client.tenant_id == tenant_id);
        self.origins.clear();
        self.credentials.clear();
        self.refused.clear();
    }
}

//! The context of one request: everything the core may ask of the outside, and the instant it runs at.

pub mod metering;

use std::borrow::Borrow;
use std::cell::{Cell, RefCell};
use std::hash::Hash;
use std::rc::Rc;

use crate::config::{Config, Mode};
use crate::crypto::seal::Sealer;
use crate::crypto::secret::{base64url, same};
use crate::memo::{AsOf, Feed, Freshness, MEMORY_SECONDS, Memo, Memory, Slot};
use crate::model::address::bucket;
use crate::model::headers::Headers;
use crate::model::id::uuid_v7;
use crate::model::language::{self, Language};
use crate::model::time::Time;
use crate::ports::metrics::Metrics;
use crate::ports::{Background, Counters, Database, Fault, HttpClient, Log, Mailer, Refreshers, Rng, Rsa};

/// Passed by reference to whatever needs the outside. Cheap to make: a few reference counts.
#[derive(Clone)]
pub struct Cx {
    /// The database.
    pub db: Rc<dyn Database>,
    /// The exact counters.
    pub counters: Rc<dyn Counters>,
    /// Who renews tokens of the vault, one at a time for each connection.
    pub refreshers: Rc<dyn Refreshers>,
    /// The way out for mail.
    pub mailer: Rc<dyn Mailer>,
    /// The way out to other servers.
    pub http: Rc<dyn HttpClient>,
    /// RSA keys and signatures.
    pub rsa: Rc<dyn Rsa>,
    /// Randomness.
    pub rng: Rc<dyn Rng>,
    /// Work that goes on after the answer.
    pub background: Rc<dyn Background>,
    /// Where log lines go.
    pub log: Rc<dyn Log>,
    /// What this isolate remembers.
    pub memory: Rc<Memory>,
    /// The deployment's configuration.
    pub config: Rc<Config>,
    /// Who the request comes from.
    pub caller: Rc<Caller>,
    /// What it waits for, if that is counted.
    pub metrics: Option<Rc<Metrics>>,
    /// The instant of this request.
    pub now: Time,
}

/// Where a request comes from, as the platform tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The client's address as the platform saw it; no header of the client's counts.
    pub address: String,
    /// `User-Agent`, at most 256 bytes.
    pub user_agent: String,
    /// The language that it asks for, if it asks for one that there is.
    pub language: Option<Language>,
    /// Whether limits are skipped: the caller knows the system secret of a deployment that is for testing.
    pub unlimited: bool,
    /// How far its look-ups of what it presents are counted.
    pub lookup: Cell<Lookup>,
    /// Whether something that it presented is unknown.
    pub missed: Cell<bool>,
    /// The nonce that its next DPoP proof is to have, if it is told one.
    pub nonce: RefCell<Option<String>>,
    /// Whether it proved that it is somebody whose look-ups don't count.
    pub proved: Cell<bool>,
    /// The feeds that were asked for this request: they are as new as it needs them, however old that may be.
    pub asked_feeds: RefCell<Vec<u64>>,
    /// As of when the oldest is that this request was served from memory by.
    pub known_at: Cell<Time>,
}

/// How far a request's look-ups of what it presents are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lookup {
    /// There was none so far.
    #[default]
    None,
    /// Admitted; the exact counter was not asked.
    Uncounted,
    /// Admitted by the exact counter.
    Counted {
        /// As a request to an endpoint that is open to all, too.
        open: bool,
    },
}

impl Lookup {
    /// Whether the request may look up what it presents.
    pub(crate) fn is_admitted(self) -> bool {
        self != Lookup::None
    }
}

impl Default for Caller {
    fn default() -> Caller {
        Caller {
            address: String::new(),
            user_agent: String::new(),
            language: None,
            unlimited: false,
            lookup: Cell::default(),
            missed: Cell::default(),
            nonce: RefCell::default(),
            proved: Cell::default(),
            asked_feeds: RefCell::default(),
            known_at: Cell::new(Time(i64::MAX)),
        }
    }
}

impl Caller {
    /// Where a request with these header fields and this query comes from.
    ///
    /// `CF-Connecting-IP` is the platform's word, except in local mode, where nobody sets it but the caller: there
    /// is no address then. Whoever knows the system secret of a deployment that is for testing is not limited if
    /// `X-System-Secret` says it, and is who `X-System-Address` says, which is an address, a space and the secret.
    pub fn of(config: &Config, headers: &Headers, query: &str) -> Caller {
        let secret = config.system_secret.as_deref().filter(|_| config.mode != Mode::Production);
        let knows = |told: &str| secret.is_some_and(|secret| same(secret.as_bytes(), told.as_bytes()));
        let named = headers.get("x-system-address").and_then(|named| named.split_once(' '));
        let named = named.filter(|(_, told)| knows(told)).map(|(address, _)| address);
        let platform = headers.get("cf-connecting-ip").filter(|_| config.mode != Mode::Local);
        Caller {
            address: named.or(platform).unwrap_or_default().to_owned(),
            user_agent: headers.get("user-agent").unwrap_or_default().chars().take(256).collect(),
            language: language::of_request(query, headers.get("accept-language")),
            unlimited: headers.get("x-system-secret").is_some_and(knows),
            ..Caller::default()
        }
    }
}

impl Cx {
    /// A new row id.
    pub fn id(&self) -> String {
        uuid_v7(self.now, self.random())
    }

    /// A new opaque secret of 256 bits, 43 characters.
    pub(crate) fn secret(&self) -> String {
        base64url(&self.random::<32>())
    }

    /// What seals and opens for a tenant and a purpose.
    pub(crate) fn sealer(&self, tenant_id: &str, purpose: &str) -> Result<Sealer, Fault> {
        let Config { seal_key, seal_key_previous, .. } = self.config.as_ref();
        Sealer::derive(seal_key, seal_key_previous.as_deref(), tenant_id, purpose)
    }

    /// What this isolate remembers of that.
    pub(crate) fn memo<S: Slot>(&self) -> Rc<Memo<S>> {
        self.memory.memo()
    }

    /// The unit that limits count addresses by.
    pub(crate) fn address_bucket(&self) -> String {
        bucket(&self.caller.address)
    }

    /// How well the changes of a tenant are known, for this request.
    pub(crate) fn freshness(&self, feed: &Feed) -> Freshness {
        if self.caller.asked_feeds.borrow().contains(&feed.id()) {
            return Freshness::Fresh;
        }
        let freshness = feed.freshness(self.now, self.config.revocation_seconds);
        if freshness != Freshness::Stale {
            let known_at = &self.caller.known_at;
            known_at.set(known_at.get().min(feed.known_at()));
        }
        freshness
    }

    /// Until when an answer may be given again as it is: what it was made of may be some seconds old already.
    pub fn repeat_until(&self) -> Time {
        self.caller.known_at.get().min(self.now).plus(self.config.revocation_seconds)
    }

    /// What this isolate remembers of a tenant, while it knows the tenant's changes well enough (`domain::feed`).
    pub(crate) fn recall<S: Slot, Q>(&self, tenant_id: &str, key: &Q) -> Option<S::Value>
    where
        S::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let feed = self.memory.feed(tenant_id)?;
        match self.freshness(&feed) {
            Freshness::Stale => None,
            Freshness::Fresh | Freshness::Aging => self.memo::<S>().get_of(&feed, key, self.now),
        }
    }

    /// The moment, before something is looked up that may be remembered.
    pub(crate) fn as_of(&self) -> AsOf {
        self.memory.as_of()
    }

    /// Remembers what was looked up of a tenant since then, unless a change was heard of meanwhile.
    pub(crate) fn remember<S: Slot>(&self, as_of: AsOf, tenant_id: &str, key: S::Key, value: S::Value) {
        self.remember_for::<S>(MEMORY_SECONDS, as_of, tenant_id, key, value);
    }

    /// The same, for other than [`MEMORY_SECONDS`].
    pub(crate) fn remember_for<S: Slot>(
        &self,
        seconds: i64,
        as_of: AsOf,
        tenant_id: &str,
        key: S::Key,
        value: S::Value,
    ) {
        if let Some(feed) = self.memory.feed_still(as_of, tenant_id) {
            self.memo::<S>().put_under(&feed, key, value, self.now, self.now.plus(seconds));
        }
    }

    /// Until when an isolate may remember what can be revoked and no feed tells of.
    pub(crate) fn remember_until(&self) -> Time {
        self.now.plus(self.config.revocation_seconds)
    }

    /// Writes a fault to the log that no answer tells of; `event` says what failed.
    pub(crate) fn log_fault(&self, event: &str, fault: &Fault) {
        self.log.line(&fault.line([("event", event.into())]));
    }

    /// `N` random bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill(&mut bytes);
        bytes
    }
}

//! The context of one request: everything the core may ask of the outside, and the instant it runs at.

use std::rc::Rc;

use crate::cache::Cache;
use crate::config::Config;
use crate::crypto::secret::base64url;
use crate::model::address::bucket;
use crate::model::domain::needs_unicode;
use crate::model::email::Email;
use crate::model::id::uuid_v7;
use crate::model::language::Language;
use crate::model::time::Time;
use crate::ports::{After, Counters, Db, Log, Names, Post, Rng, Web};

/// Passed by reference to whatever needs the outside. Cheap to make: a few reference counts.
#[derive(Clone)]
pub struct Cx {
    /// The database.
    pub db: Rc<dyn Db>,
    /// The exact counters.
    pub counters: Rc<dyn Counters>,
    /// The way out for mail.
    pub post: Rc<dyn Post>,
    /// The way out to other servers.
    pub web: Rc<dyn Web>,
    /// Domain names outside ASCII.
    pub names: Rc<dyn Names>,
    /// Randomness.
    pub rng: Rc<dyn Rng>,
    /// Work that goes on after the answer.
    pub after: Rc<dyn After>,
    /// Where log lines go.
    pub log: Rc<dyn Log>,
    /// What this isolate remembers for seconds.
    pub cache: Rc<Cache>,
    /// The deployment's configuration.
    pub config: Rc<Config>,
    /// Who the request comes from.
    pub client: Rc<Client>,
    /// The instant of this request.
    pub now: Time,
}

/// Where a request comes from, as the platform tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// The client's address as the platform saw it; no header of the client's counts.
    pub address: String,
    /// `User-Agent`, at most 256 bytes.
    pub user_agent: String,
    /// The language that it asks for, if it asks for one that there is.
    pub language: Option<Language>,
    /// Whether limits are skipped: the caller knows the system secret of a deployment that is for testing.
    pub unlimited: bool,
}

impl Cx {
    /// A new row id.
    pub fn id(&self) -> String {
        uuid_v7(self.now, self.random())
    }

    /// A new opaque secret of 256 bits, 43 characters.
    pub fn secret(&self) -> String {
        base64url(&self.random::<32>())
    }

    /// An e-mail address, if the text is one.
    pub fn email(&self, text: &str) -> Option<Email> {
        Email::parse(text, &|name| self.names.to_ascii(name))
    }

    /// Whether the platform takes a host name that `url` has parsed, which does not look into encoded labels.
    pub fn takes_name(&self, name: &str) -> bool {
        !needs_unicode(name) || self.names.to_ascii(name).as_deref() == Some(name)
    }

    /// The unit that limits count addresses by.
    pub fn address_bucket(&self) -> String {
        bucket(&self.client.address)
    }

    /// Until when an isolate may remember what can be revoked.
    pub fn remember_until(&self) -> Time {
        self.now.plus(self.config.revocation_seconds)
    }

    /// `N` random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill(&mut bytes);
        bytes
    }
}

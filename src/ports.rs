//! What the core asks of the outside: one-method ports, implemented in `edge/` for the Worker and in
//! `tests/native/` for the native tests.

mod database;
mod fault;
pub mod http;
pub mod metrics;
mod retry;

use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use self::database::{Arg, Database, Patience, Row, Rows, Stmt};
pub use self::fault::{Fault, Outage};
pub use self::http::HttpClient;

/// One tally inside a counter object, and the rule it obeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Its name within the object.
    pub name: String,
    /// The rule.
    pub rule: Rule,
}

/// How a tally admits. Seconds throughout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// At most `limit` takes in a window that starts with its first take.
    Window {
        /// Takes allowed in one window.
        limit: u32,
        /// The window's length.
        seconds: u32,
    },
    /// At most `limit` takes, each within `seconds` of the one before; the last one locks for `lock`.
    Lockout {
        /// Takes until the lock.
        limit: u32,
        /// How long a take is remembered after the last one.
        seconds: u32,
        /// How long the lock lasts.
        lock: u32,
    },
    /// `free` takes within `seconds`, then a delay of 1, 2, 4 … `max` between takes.
    Backoff {
        /// Takes without a delay.
        free: u32,
        /// How long a take is remembered after the last one.
        seconds: u32,
        /// The longest delay.
        max: u32,
    },
}

/// What to do with a counter object's tallies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Takes one of each tally if all admit; takes nothing otherwise.
    Take,
    /// Gives one take of each back: the attempt did not count after all.
    Give,
    /// Forgets the tallies.
    Clear,
    /// Forgets all tallies of the object, whatever they are called.
    Forget,
}

/// One step of a call to a counter object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What to do.
    pub act: Act,
    /// On which tallies.
    pub tallies: Vec<Tally>,
}

/// What a counter object answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether all tallies admitted.
    pub admitted: bool,
    /// Whether this is the first refusal since the last admitted take: worth an audit row.
    pub first_refusal: bool,
    /// The tightest tally's limit.
    pub limit: u32,
    /// Takes left in it.
    pub remaining: u32,
    /// Seconds until it admits again (refused) or starts anew (admitted).
    pub reset: u32,
}

/// A counter object: one for each `tenant:kind:key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterObject {
    /// Its name.
    pub name: String,
    /// Whether it counts one client address, and is best made near where that calls from.
    pub near_caller: bool,
}

impl CounterObject {
    /// The object of a client address.
    pub(crate) fn of_address(name: String) -> CounterObject {
        CounterObject { name, near_caller: true }
    }
}

impl From<String> for CounterObject {
    fn from(name: String) -> CounterObject {
        CounterObject { name, near_caller: false }
    }
}

/// What is done at one counter object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterCall {
    /// Where.
    pub object: CounterObject,
    /// What, in this order.
    pub steps: Vec<Count>,
}

/// Exact counters, in Durable Objects.
pub trait Counters {
    /// Does the steps on an object, all at once: it is single-threaded. Answers the last one's verdict.
    fn count(&self, call: CounterCall) -> LocalBoxFuture<'_, Result<Verdict, Fault>>;

    /// Does several of these in turn: each only if the one before it admitted. Answers the verdicts of those that were
    /// done. Whoever asks waits once, as each object passes on what is left to the next.
    fn count_in_turn(&self, calls: Vec<CounterCall>) -> LocalBoxFuture<'_, Result<Vec<Verdict>, Fault>>;
}

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The same at every try: a transport that has it already takes a repeat for what it is.
    pub id: String,
    /// The recipient's address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body.
    pub html: String,
}

/// The way out for mail: the local outbox, an HTTP mail API or the platform's `send_email` binding.
pub trait Mailer {
    /// Hands one mail over. A fault is the transport's word that it did not take it.
    fn send(&self, mail: Mail) -> LocalBoxFuture<'_, Result<(), Fault>>;
}

/// An RSA key of 2048 bits, as it was made.
pub struct RsaKey {
    /// The private key in the form that [`Rsa::sign`] takes: PKCS #8 (RFC 5958) in the Worker.
    pub private: Zeroizing<Vec<u8>>,
    /// The modulus and the exponent as in a JWK (RFC 7518 §6.3.1).
    pub n: String,
    /// See [`RsaKey::n`].
    pub e: String,
}

/// RSA keys and signatures by the platform's own code: WebCrypto in the Worker. Rust's would take 30 ms and more a
/// signature in WebAssembly, and tells of the key by its timing (RUSTSEC-2023-0071).
pub trait Rsa {
    /// Makes a key.
    fn generate(&self) -> LocalBoxFuture<'_, Result<RsaKey, Fault>>;

    /// Signs a message with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 8017 §8.2).
    fn sign<'a>(&'a self, private: &'a [u8], message: &'a [u8])
    -> LocalBoxFuture<'a, Result<Vec<u8>, Fault>>;
}

/// Randomness fit for keys.
pub trait Rng {
    /// Fills the buffer.
    fn fill(&self, bytes: &mut [u8]);
}

/// Work that goes on after the answer.
pub trait Background {
    /// Runs it to its end, without anybody waiting for it.
    fn run(&self, work: LocalBoxFuture<'static, ()>);
}

/// Where log lines go.
pub trait Log {
    /// Writes one JSON line.
    fn line(&self, line: &str);
}

/// What became of a connection of the vault whose access token was to be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refreshed {
    /// The database has one that is good.
    Done,
    /// Only the person can renew it.
    NeedsPerson,
    /// Not now: the provider does not answer, or not well.
    Later {
        /// When it is tried again, in milliseconds since the epoch.
        at: i64,
    },
    /// There is no such connection any more, or nothing to renew it with.
    Gone,
}

/// Renews access tokens of connections: of however many ask at once for one, one refresh is made, and all wait for it.
pub trait Refreshers {
    /// Renews one connection's if it is due.
    fn refresh(
        &self,
        tenant_id: String,
        connection_id: String,
    ) -> LocalBoxFuture<'_, Result<Refreshed, Fault>>;
}

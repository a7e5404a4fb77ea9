//! What one request waits for: counted by wrappers around the ports, which only a request that is metered has.
//!
//! Waits are those one after another: a call that begins once another was answered waits behind it, and calls that run side by
//! side are one wait. What goes on behind the answer ([`Background`]) is not counted.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use crate::ports::http::{HttpAnswer, HttpRequest, Reach, Unanswered};
use crate::ports::{
    Background, CounterCall, Counters, Database, Fault, HttpClient, Patience, Refreshed, Refreshers, Rows,
    Stmt, Verdict,
};

/// The platform's time in milliseconds since the epoch. In a Worker it stands still while nothing is awaited.
pub type Clock = Box<dyn Fn() -> i64>;

/// Why a request is metered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// Its caller asks for `Server-Timing`.
    pub asked: bool,
    /// The log has a line of it.
    pub sampled: bool,
}

/// What is counted, in milliseconds where it says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls of storage, one after another, that the answer waited for.
    pub waits: u32,
    /// How long at least one of them was under way.
    pub storage_ms: i64,
    /// Batches that the database was sent.
    pub database_calls: u32,
    /// Calls of counter objects.
    pub counter_calls: u32,
    /// Calls of objects that renew tokens of the vault.
    pub refresher_calls: u32,
    /// Requests of our own to other servers.
    pub outbound_calls: u32,
    /// How long at least one of them was under way.
    pub outbound_ms: i64,
    /// Rows that the database read, as it bills them.
    pub rows_read: u32,
    /// Rows that it wrote, in tables and indexes.
    pub rows_written: u32,
    /// Password hashes that were computed.
    pub hashes: u32,
    /// Signatures that were made or verified.
    pub signatures: u32,
}

/// What a request was found to be, as far as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The surface.
    pub surface: &'static str,
    /// The path of the route table, or of the gateway's route: never that of the request.
    pub route: Option<String>,
    /// The tenant that it is for.
    pub tenant_id: Option<String>,
}

/// Calls of a kind that are under way.
#[derive(Debug, Default)]
struct UnderWay {
    open: Cell<u32>,
    since: Cell<i64>,
}

impl UnderWay {
    fn begin(&self, now: i64) {
        if self.open.replace(self.open.get() + 1) == 0 {
            self.since.set(now);
        }
    }

    /// The milliseconds since the first of them began, once the last has ended.
    fn end(&self, now: i64) -> i64 {
        self.open.set(self.open.get().saturating_sub(1));
        if self.open.get() == 0 { now - self.since.get() } else { 0 }
    }
}

/// The counts of one request.
pub struct Metrics {
    clock: Clock,
    began: i64,
    colo: Option<String>,
    /// Why there are any.
    pub reason: Reason,
    counts: Cell<Counts>,
    storage: UnderWay,
    outbound: UnderWay,
    in_background: Cell<bool>,
    is_administrators: Cell<bool>,
    origin_ms: Cell<Option<i64>>,
    region: RefCell<Option<String>>,
    place: RefCell<Place>,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Database,
    Counter,
    Refresher,
    Server,
}

/// Keeps of a name of the platform's what may stand in a header field.
fn plain(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(32).collect();
    (!name.is_empty()).then_some(name)
}

impl Metrics {
    /// Counts from now on; `colo` is the data centre that serves.
    pub fn begin(reason: Reason, clock: Clock, colo: Option<&str>) -> Metrics {
        Metrics {
            began: clock(),
            clock,
            colo: colo.and_then(plain),
            reason,
            counts: Cell::default(),
            storage: UnderWay::default(),
            outbound: UnderWay::default(),
            in_background: Cell::default(),
            is_administrators: Cell::default(),
            origin_ms: Cell::default(),
            region: RefCell::default(),
            place: RefCell::default(),
        }
    }

    /// Whether anybody looks at the counts.
    pub fn is_wanted(&self) -> bool {
        self.reason.asked || self.reason.sampled
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        self.counts.get()
    }

    /// Milliseconds since the request came.
    pub fn total_ms(&self) -> i64 {
        (self.clock)() - self.began
    }

    /// Milliseconds from sending the request to its origin until the head of what that answered.
    pub fn origin_ms(&self) -> Option<i64> {
        self.origin_ms.get()
    }

    /// Notes how long the origin took: what passed since the request was that old.
    pub fn note_origin(&self, sent_at_ms: i64) {
        self.origin_ms.set(Some(self.total_ms() - sent_at_ms));
    }

    /// The data centre that serves.
    pub fn colo(&self) -> Option<&str> {
        self.colo.as_deref()
    }

    /// Where the database was that answered last.
    pub fn region(&self) -> Option<String> {
        self.region.borrow().clone()
    }

    /// Notes what the database says of a batch: rows as it bills them, and where it runs.
    pub fn note_batch(&self, rows_read: u32, rows_written: u32, region: Option<&str>) {
        if self.in_background.get() {
            return;
        }
        self.change(|counts| {
            counts.rows_read = counts.rows_read.saturating_add(rows_read);
            counts.rows_written = counts.rows_written.saturating_add(rows_written);
        });
        if let Some(region) = region.and_then(plain) {
            self.region.replace(Some(region));
        }
    }

    /// Notes what was computed.
    pub(crate) fn note_work(&self, hashes: u32, signatures: u32) {
        self.change(|counts| {
            counts.hashes += hashes;
            counts.signatures += signatures;
        });
    }

    /// What the request is.
    pub fn place(&self) -> Place {
        self.place.borrow().clone()
    }

    /// Notes what the request is.
    pub(crate) fn note_place(&self, note: impl FnOnce(&mut Place)) {
        note(&mut self.place.borrow_mut());
    }

    /// Notes that an administrator of the request's tenant was authenticated.
    pub(crate) fn note_administrator(&self) {
        self.is_administrators.set(true);
    }

    /// Whether an administrator of its tenant was authenticated.
    pub fn is_administrators(&self) -> bool {
        self.is_administrators.get()
    }

    fn change(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }
}

/// A call that is under way; its end is when this is dropped.
struct Call<'m> {
    metrics: &'m Metrics,
    asked: Asked,
    /// How many calls of storage it and those before it are.
    depth: u32,
}

impl Call<'_> {
    fn begin(metrics: &Metrics, asked: Asked) -> Option<Call<'_>> {
        if metrics.in_background.get() {
            return None;
        }
        metrics.change(|counts| match asked {
            Asked::Database => counts.database_calls += 1,
            Asked::Counter => counts.counter_calls += 1,
            Asked::Refresher => counts.refresher_calls += 1,
            Asked::Server => counts.outbound_calls += 1,
        });
        let call = Call { metrics, asked, depth: metrics.counts().waits + 1 };
        call.under_way().begin((metrics.clock)());
        Some(call)
    }

    fn under_way(&self) -> &UnderWay {
        match self.asked {
            Asked::Server => &self.metrics.outbound,
            Asked::Database | Asked::Counter | Asked::Refresher => &self.metrics.storage,
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let took = self.under_way().end((self.metrics.clock)());
        self.metrics.change(|counts| match self.asked {
            Asked::Server => counts.outbound_ms += took,
            Asked::Database | Asked::Counter | Asked::Refresher => {
                counts.storage_ms += took;
                counts.waits = counts.waits.max(self.depth);
            }
        });
    }
}

/// A port whose calls are counted.
pub(crate) struct Metered<P: ?Sized> {
    port: Rc<P>,
    metrics: Rc<Metrics>,
}

impl<P: ?Sized> Metered<P> {
    pub(crate) fn new(port: &Rc<P>, metrics: &Rc<Metrics>) -> Rc<Metered<P>> {
        Rc::new(Metered { port: port.clone(), metrics: metrics.clone() })
    }

    fn counted<'a, T: 'a>(&'a self, asked: Asked, call: LocalBoxFuture<'a, T>) -> LocalBoxFuture<'a, T> {
        Box::pin(async move {
            let _under_way = Call::begin(&self.metrics, asked);
            call.await
        })
    }
}

impl Database for Metered<dyn Database> {
    /// Each try is a call.
    fn run_once<'a>(&'a self, stmts: &'a [Stmt]) -> LocalBoxFuture<'a, Result<Vec<Rows>, Fault>> {
        self.counted(Asked::Database, self.port.run_once(stmts))
    }

    fn pause<'a>(&'a self, milliseconds: u32, after: &'a Fault) -> LocalBoxFuture<'a, ()> {
        self.port.pause(milliseconds, after)
    }

    fn patience(&self) -> &Patience {
        self.port.patience()
    }

    fn clock(&self) -> i64 {
        self.port.clock()
    }
}

impl Counters for Metered<dyn Counters> {
    fn count(&self, call: CounterCall) -> LocalBoxFuture<'_, Result<Verdict, Fault>> {
        self.counted(Asked::Counter, self.port.count(call))
    }

    fn count_in_turn(&self, calls: Vec<CounterCall>) -> LocalBoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        self.counted(Asked::Counter, self.port.count_in_turn(calls))
    }
}

impl Refreshers for Metered<dyn Refreshers> {
    fn refresh(
        &self,
        tenant_id: String,
        connection_id: String,
    ) -> LocalBoxFuture<'_, Result<Refreshed, Fault>> {
        self.counted(Asked::Refresher, self.port.refresh(tenant_id, connection_id))
    }
}

impl HttpClient for Metered<dyn HttpClient> {
    fn send(&self, request: HttpRequest, reach: Reach) -> LocalBoxFuture<'_, Result<HttpAnswer, Unanswered>> {
        self.counted(Asked::Server, self.port.send(request, reach))
    }
}

/// What is run behind the answer asks the same ports; nobody waits for it.
impl Background for Metered<dyn Background> {
    fn run(&self, mut work: LocalBoxFuture<'static, ()>) {
        let metrics = self.metrics.clone();
        self.port.run(Box::pin(poll_fn(move |context| {
            let before = metrics.in_background.replace(true);
            let polled = work.as_mut().poll(context);
            metrics.in_background.set(before);
            polled
        })));
    }
}

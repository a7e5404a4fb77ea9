//! The ports, natively: SQLite, counters and mail in memory, a seeded generator, captured log lines.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;

use futures_util::future::LocalBoxFuture;
use portcullis::domain::counter::{Tallies, apply};
use portcullis::model::time::Time;
use portcullis::ports::http::{HttpAnswer, HttpRequest, Method, Reach, Unanswered, Wanted, Why};
use portcullis::ports::{
    CounterCall, Counters, Database, Fault, HttpClient, Patience, Row, Rows, Stmt, Verdict,
};
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, StatementStatus, params_from_iter};
use serde_json::Value;

use super::billed::{self, args, dump, migrated};

/// What D1 says when nobody knows whether it did what it was asked.
pub const LOST: &str = "D1_ERROR: Network connection lost.";

/// The same SQL as D1's, in memory.
pub struct Sqlite {
    connection: Connection,
    /// Its clock, in seconds.
    pub seconds: Arc<AtomicI64>,
    /// Round trips so far.
    pub trips: Cell<usize>,
    /// Whether each round trip first lets the other requests on, as a real one does.
    pub yields: Cell<bool>,
    /// Whether every round trip fails.
    pub broken: Cell<bool>,
    /// How many of the next round trips fail before anything is done.
    pub fails: Cell<usize>,
    /// How many of the next round trips are done and their answer is lost.
    pub loses: Cell<usize>,
    /// How many round trips come before those.
    pub spares: Cell<usize>,
    /// What the database says then.
    pub says: Cell<&'static str>,
    /// What was waited between tries, in milliseconds.
    pub pauses: RefCell<Vec<u32>>,
    patience: Patience,
    /// The statements that were run last.
    pub said: RefCell<Vec<Stmt>>,
    /// Has the so-many-th statement that is taken behind another one change nothing, as if what it takes had gone just
    /// before; and holds that nothing of its batch is left then.
    pub spoils: Cell<Option<usize>>,
    /// Rows written as D1 bills them, while that is counted.
    pub billed: Cell<Option<u64>>,
    /// Steps of SQLite's machine so far.
    pub steps: Cell<u64>,
    /// The most rows that one batch changed, by triggers and foreign keys too.
    pub largest: Cell<u64>,
    /// How many batches were spoiled, and the most statements that one took behind another.
    pub spoiled: Cell<(usize, usize)>,
}

impl Sqlite {
    /// A database with every migration applied.
    pub fn new() -> Sqlite {
        let connection = migrated();
        connection.set_prepared_statement_cache_capacity(500);
        let seconds = Arc::new(AtomicI64::new(0));
        let clock = seconds.clone();
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        let now = move |_: &rusqlite::functions::Context<'_>| Ok(clock.load(Ordering::Relaxed));
        connection.create_scalar_function("unixepoch", 0, flags, now).unwrap();
        Sqlite {
            connection,
            seconds,
            trips: Cell::new(0),
            yields: Cell::new(false),
            broken: Cell::new(false),
            fails: Cell::default(),
            loses: Cell::default(),
            spares: Cell::default(),
            says: Cell::new(LOST),
            pauses: RefCell::default(),
            patience: Patience::default(),
            said: RefCell::default(),
            spoils: Cell::default(),
            billed: Cell::default(),
            steps: Cell::default(),
            largest: Cell::default(),
            spoiled: Cell::default(),
        }
    }

    /// Runs one statement.
    pub fn one(&self, stmt: &Stmt) -> rusqlite::Result<Rows> {
        let Some(so_far) = self.billed.get() else {
            dump(stmt, None);
            return self.answer(stmt);
        };
        let (rows, billed) = billed::billed(&self.connection, stmt, || self.answer(stmt))?;
        dump(stmt, Some(billed));
        self.billed.set(Some(so_far + billed));
        Ok(rows)
    }

    fn answer(&self, stmt: &Stmt) -> rusqlite::Result<Rows> {
        let mut prepared = self.connection.prepare_cached(&stmt.sql)?;
        assert!(!stmt.is_read() || prepared.readonly(), "{} does not only read", stmt.sql);
        let mut rows = prepared.query(params_from_iter(args(stmt)))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            // Asked here, as a kept statement is prepared anew when the schema has changed.
            let names = row.as_ref().column_names().map(str::to_owned);
            let mut shaped = Row::new();
            for (at, name) in names.enumerate() {
                shaped.insert(
                    name,
                    match row.get_ref(at)? {
                        ValueRef::Null => Value::Null,
                        ValueRef::Integer(int) => int.into(),
                        ValueRef::Real(real) => real.into(),
                        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
                        ValueRef::Blob(_) => return Err(rusqlite::Error::InvalidColumnIndex(at)),
                    },
                );
            }
            all.push(shaped);
        }
        drop(rows);
        let steps = prepared.reset_status(StatementStatus::VmStep);
        self.steps.set(self.steps.get() + u64::try_from(steps).unwrap_or_default());
        Ok(all)
    }

    /// Rows that were written, changed or deleted so far, by triggers and foreign keys too.
    pub fn rows_changed(&self) -> u64 {
        self.connection.total_changes()
    }

    /// The places of the statements of a batch that are taken behind another one.
    fn later_takes(stmts: &[Stmt]) -> Vec<usize> {
        let is_guard = |stmt: &Stmt| stmt.sql.contains("a taken statement changed nothing");
        // Before the guard stands the event.
        let end = stmts.iter().position(is_guard).map_or(0, |guard| guard - 1);
        (0..end).filter(|at| stmts[*at].sql.contains(" AND changes() > 0")).collect()
    }

    fn spoil(&self, mut stmts: Vec<Stmt>) -> rusqlite::Result<Vec<Rows>> {
        let later = Sqlite::later_takes(&stmts);
        let (times, most) = self.spoiled.get();
        let Some(at) = self.spoils.get().and_then(|nth| later.get(nth).copied()) else {
            self.spoiled.set((times, most.max(later.len())));
            return self.batch(&stmts);
        };
        self.spoiled.set((times + 1, most.max(later.len())));
        stmts[at].sql = stmts[at].sql.replace(" AND changes() > 0", " AND changes() < 0");
        let before = self.all_rows()?;
        let answer = self.batch(&stmts);
        assert!(answer.is_err(), "{} took nothing, and the rest was done", stmts[at].sql);
        assert_eq!(self.all_rows()?, before, "{} took nothing", stmts[at].sql);
        answer
    }

    fn all_rows(&self) -> rusqlite::Result<Vec<Rows>> {
        let run = |sql: String| self.one(&Stmt::new(sql, Vec::new()));
        let tables = run("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name".to_owned())?;
        let names = tables.iter().filter_map(|table| table["name"].as_str());
        names.map(|name| run(format!("SELECT * FROM {name}"))).collect()
    }

    fn batch(&self, stmts: &[Stmt]) -> rusqlite::Result<Vec<Rows>> {
        let transaction = self.connection.unchecked_transaction()?;
        let answers = stmts.iter().map(|stmt| self.one(stmt)).collect::<rusqlite::Result<Vec<Rows>>>()?;
        transaction.commit()?;
        Ok(answers)
    }
}

impl Sqlite {
    fn answers(&self, stmts: &[Stmt]) -> Result<Vec<Rows>, Fault> {
        let before = self.rows_changed();
        let answers = self.spoil(stmts.to_vec()).map_err(|error| Fault::of_storage("sqlite", error));
        self.largest.set(self.largest.get().max(self.rows_changed() - before));
        self.said.replace(stmts.to_vec());
        answers
    }
}

impl Database for Sqlite {
    fn run_once<'a>(&'a self, stmts: &'a [Stmt]) -> LocalBoxFuture<'a, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            if self.yields.get() {
                others_first().await;
            }
            self.trips.set(self.trips.get() + 1);
            if self.broken.get() {
                return Err(Fault::new("sqlite", "is out of order"));
            }
            if let Some(left) = self.spares.get().checked_sub(1) {
                self.spares.set(left);
                return self.answers(stmts);
            }
            if let Some(left) = self.fails.get().checked_sub(1) {
                self.fails.set(left);
                return Err(Fault::of_storage("sqlite", self.says.get()));
            }
            let answers = self.answers(stmts);
            if let Some(left) = self.loses.get().checked_sub(1) {
                self.loses.set(left);
                return Err(Fault::of_storage("sqlite", self.says.get()));
            }
            answers
        })
    }

    fn pause<'a>(&'a self, milliseconds: u32, _: &'a Fault) -> LocalBoxFuture<'a, ()> {
        self.pauses.borrow_mut().push(milliseconds);
        Box::pin(async {})
    }

    fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Time goes on with each pause.
    fn clock(&self) -> i64 {
        self.pauses.borrow().iter().map(|pause| i64::from(*pause)).sum()
    }
}

/// The counter objects, by name.
pub struct Objects {
    objects: RefCell<HashMap<String, Tallies>>,
    clock: Rc<Cell<i64>>,
    /// Calls so far.
    pub calls: Cell<usize>,
    /// Whether each call first lets the other requests on, as a real one does.
    pub yields: Cell<bool>,
    /// How many calls are answered before no object can be reached any more.
    pub spares: Cell<Option<usize>>,
}

impl Objects {
    /// No object yet.
    pub fn new(clock: Rc<Cell<i64>>) -> Objects {
        let (calls, yields, spares) = (Cell::new(0), Cell::new(false), Cell::new(None));
        Objects { objects: RefCell::default(), clock, calls, yields, spares }
    }
}

impl Objects {
    fn apply(&self, CounterCall { object, steps }: CounterCall) -> Result<Verdict, Fault> {
        self.calls.set(self.calls.get() + 1);
        match self.spares.get() {
            Some(0) => return Err(Fault::unanswered("counter", "Durable Object is overloaded.")),
            left => self.spares.set(left.map(|left| left - 1)),
        }
        let mut objects = self.objects.borrow_mut();
        let tallies = objects.entry(object.name).or_default();
        let verdicts = steps.iter().map(|step| apply(tallies, step, Time(self.clock.get())));
        verdicts.last().ok_or_else(|| Fault::new("counters", "no step"))
    }
}

impl Counters for Objects {
    fn count(&self, call: CounterCall) -> LocalBoxFuture<'_, Result<Verdict, Fault>> {
        Box::pin(async move {
            if self.yields.get() {
                others_first().await;
            }
            self.apply(call)
        })
    }

    fn count_in_turn(&self, calls: Vec<CounterCall>) -> LocalBoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        Box::pin(async move {
            if self.yields.get() {
                others_first().await;
            }
            let mut verdicts = Vec::new();
            for call in calls {
                let verdict = self.apply(call)?;
                verdicts.push(verdict);
                if !verdict.admitted {
                    break;
                }
            }
            Ok(verdicts)
        })
    }
}

/// Lets the others have their turn.
pub(super) async fn others_first() {
    let mut waited = false;
    poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// What another server answers.
type Page = dyn Fn(&HttpRequest) -> Result<HttpAnswer, Why>;

/// Other servers: keeps what is posted to them.
#[derive(Default)]
pub struct Servers {
    /// URL and body of each form of whose answer the status alone matters, oldest first.
    pub forms: RefCell<Vec<(String, String)>>,
    /// Each other request, oldest first.
    pub asked: RefCell<Vec<HttpRequest>>,
    /// What is answered to a form: 200 unless set; nothing comes back for 0.
    pub status: Cell<Option<u16>>,
    /// Servers by the start of their URL that answer otherwise.
    pub others: RefCell<Vec<(String, u16)>>,
    /// Documents by the start of their URL, the last one first. Where there is none, nobody answers.
    pub pages: RefCell<Vec<(String, Box<Page>)>>,
}

impl Servers {
    /// From now on there is a document at URLs that start like this.
    pub fn serves(&self, start: &str, page: impl Fn(&HttpRequest) -> Result<HttpAnswer, Why> + 'static) {
        self.pages.borrow_mut().insert(0, (start.to_owned(), Box::new(page)));
    }

    /// From now on this JSON is there.
    pub fn serves_json(&self, url: &str, value: Value) {
        self.serves(url, move |_| Ok(served(200, &[], value.to_string().as_bytes())));
    }

    /// How often a document was asked for at URLs that start like this.
    pub fn times(&self, start: &str) -> usize {
        self.asked.borrow().iter().filter(|request| request.url.starts_with(start)).count()
    }

    fn form(&self, request: HttpRequest) -> Result<HttpAnswer, Why> {
        let known = self.others.borrow();
        let other = known.iter().find(|(start, _)| request.url.starts_with(start)).map(|(_, status)| *status);
        let status = other.or(self.status.get()).unwrap_or(200);
        self.forms.borrow_mut().push((request.url, request.body));
        if status == 0 { Err(Why::Unreachable) } else { Ok(served(status, &[], b"")) }
    }

    fn page(&self, request: HttpRequest, most: usize) -> Result<HttpAnswer, Why> {
        let pages = self.pages.borrow();
        let page = pages.iter().find(|(start, _)| request.url.starts_with(start));
        let answer = page.map_or(Err(Why::Unreachable), |(_, page)| page(&request));
        self.asked.borrow_mut().push(request);
        let answer = answer?;
        if answer.body.len() > most { Err(Why::TooLarge(most)) } else { Ok(answer) }
    }
}

/// An answer.
pub fn served(status: u16, headers: &[(&str, &str)], body: &[u8]) -> HttpAnswer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    HttpAnswer { status, headers, body: body.to_vec() }
}

impl HttpClient for Servers {
    fn send(&self, request: HttpRequest, reach: Reach) -> LocalBoxFuture<'_, Result<HttpAnswer, Unanswered>> {
        Box::pin(async move {
            let host = url::Url::parse(&request.url).unwrap().host_str().unwrap().to_owned();
            let most = request.most_bytes(reach);
            let answer = match (request.method, request.wanted) {
                (Method::Post, Wanted::Status) => self.form(request),
                (Method::Post, Wanted::Body(_)) | (Method::Get | Method::Delete, _) => {
                    self.page(request, most)
                }
            };
            answer.map_err(|why| Unanswered { host, why })
        })
    }
}

//! The database as the core asks it: statements, in batches.

use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::retry;
pub use super::retry::Patience;
use crate::ports::Fault;

/// One value bound to a statement's `?`. Times are milliseconds since the epoch, flags are 0 or 1.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// SQL `NULL`.
    Null,
    /// An integer that fits an IEEE double: D1 carries every number as one.
    Int(i64),
    /// Text.
    Text(String),
}

impl From<i64> for Arg {
    fn from(value: i64) -> Arg {
        Arg::Int(value)
    }
}

impl From<bool> for Arg {
    fn from(value: bool) -> Arg {
        Arg::Int(i64::from(value))
    }
}

impl From<&str> for Arg {
    fn from(value: &str) -> Arg {
        Arg::Text(value.to_owned())
    }
}

impl From<String> for Arg {
    fn from(value: String) -> Arg {
        Arg::Text(value)
    }
}

impl From<&String> for Arg {
    fn from(value: &String) -> Arg {
        Arg::Text(value.clone())
    }
}

impl<T: Into<Arg>> From<Option<T>> for Arg {
    fn from(value: Option<T>) -> Arg {
        value.map_or(Arg::Null, Into::into)
    }
}

/// One SQL statement with its arguments. Text that a caller sent is only ever an argument.
#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    /// The statement, with `?1`, `?2` … for its arguments.
    pub sql: String,
    /// The arguments, in order.
    pub args: Vec<Arg>,
    /// Whether it may be run again when nobody knows whether it was.
    repeats: Repeats,
}

/// Whether a statement that writes may be run again although it may have been run before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeats {
    /// The second time would say or do something else.
    Never,
    /// The second time leaves what the first did, and what is told then is as true.
    AfterLoss,
    /// As well, and what it writes cannot be had again: it is repeated also where storage has too much to do.
    Always,
}

impl Stmt {
    /// A statement from its text and arguments.
    pub fn new(sql: impl Into<String>, args: Vec<Arg>) -> Stmt {
        Stmt { sql: sql.into(), args, repeats: Repeats::Never }
    }

    /// The same statement, which may be run again after a try of which nobody knows whether it was done: it leaves the same
    /// behind, and whoever reads its rows reads the same.
    pub(crate) fn repeatable(self) -> Stmt {
        Stmt { repeats: Repeats::AfterLoss, ..self }
    }

    /// The same of what cannot be had again, as a token that is given once.
    pub(crate) fn irreplaceable(self) -> Stmt {
        Stmt { repeats: Repeats::Always, ..self }
    }

    /// Whether it only reads.
    pub fn is_read(&self) -> bool {
        self.sql.get(..7).is_some_and(|verb| verb.eq_ignore_ascii_case("select "))
    }

    /// Whether it may be run again after an outage of that kind, of which nobody knows whether it was run.
    pub(crate) fn may_be_repeated(&self) -> bool {
        self.is_read() || self.repeats != Repeats::Never
    }

    pub(super) fn is_irreplaceable(&self) -> bool {
        self.repeats == Repeats::Always
    }

    /// The same statement, whose `WHERE` stands last but for `ON CONFLICT` and `RETURNING`, for when something else
    /// holds as well; `?` in the condition stands for the value.
    pub(crate) fn and(mut self, condition: &str, value: impl Into<Arg>) -> Stmt {
        self.args.push(value.into());
        let place = format!("?{}", self.args.len());
        self.and_also(&condition.replace('?', &place))
    }

    /// The same, which returns a column of what it wrote.
    pub(crate) fn and_returning(mut self, column: &str) -> Stmt {
        self.sql.push_str(&format!(" RETURNING {column}"));
        self
    }

    /// The same with a condition that needs no value.
    pub(crate) fn and_also(mut self, condition: &str) -> Stmt {
        let tails = [" ON CONFLICT ", " RETURNING "];
        let end = tails.iter().find_map(|tail| self.sql.rfind(tail)).unwrap_or(self.sql.len());
        self.sql.insert_str(end, &format!(" AND {condition}"));
        self
    }
}

/// One row: column name to value.
pub type Row = serde_json::Map<String, Value>;

/// The rows that one statement returned.
pub type Rows = Vec<Row>;

/// The database: D1 in the Worker, SQLite in native tests.
///
/// An implementation makes one try ([`Database::run_once`]); what is asked of it is tried again by the rules of
/// `ports::retry`.
pub trait Database {
    /// Runs the statements in order, all or nothing, in one round trip; one [`Rows`] per statement.
    fn run_once<'a>(&'a self, stmts: &'a [Stmt]) -> LocalBoxFuture<'a, Result<Vec<Rows>, Fault>>;

    /// Waits up to so many milliseconds, at random, before another try.
    fn pause<'a>(&'a self, milliseconds: u32, after: &'a Fault) -> LocalBoxFuture<'a, ()>;

    /// How long it is tried on.
    fn patience(&self) -> &Patience;

    /// The time, in milliseconds.
    fn clock(&self) -> i64;

    /// As [`Database::run_once`], and again after an outage where that is safe: what only reads, what was not reached, and
    /// writes that say so.
    fn run(&self, stmts: Vec<Stmt>) -> LocalBoxFuture<'_, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            let mut stmts = stmts;
            retry::run(self, &mut stmts, None).await
        })
    }

    /// The same of a batch that knows whether it was done: `undo_if_done` makes a statement that fails then, and undoes the
    /// batch. It stands before the batch wherever that is run again without knowing.
    fn run_unless_done<'a>(
        &'a self,
        stmts: &'a mut Vec<Stmt>,
        undo_if_done: &'a dyn Fn() -> Stmt,
    ) -> LocalBoxFuture<'a, Result<Vec<Rows>, Fault>> {
        Box::pin(retry::run(self, stmts, Some(undo_if_done)))
    }
}

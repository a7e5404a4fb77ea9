//! Lists that are narrowed by what no index knows. A page looks through a window of rows, so that it reads in proportion to
//! what it can show however few rows fit: it may be shorter than was asked for, even empty, and then has the cursor of where
//! it ended.

use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::{Columns, Listed, Page};

/// Rows that a page looks through at most.
const ROWS: i64 = 1_000;

/// The arguments of a statement that is being put together.
pub(super) struct Args(pub(super) Vec<Arg>);

impl Args {
    pub(super) fn place(&mut self, arg: impl Into<Arg>) -> String {
        self.0.push(arg.into());
        format!("?{}", self.0.len())
    }
}

/// A list's question.
pub(super) struct Window<'a> {
    /// The rows behind the cursor, along an index and in the list's order: `SELECT … FROM … WHERE … ORDER BY …`.
    pub(super) rows: String,
    /// What they are called in `narrowed`.
    pub(super) name: &'a str,
    /// Which of them are shown: joins and a `WHERE`; empty if all are.
    pub(super) narrowed: String,
    /// The columns of an answer, if rows are narrowed.
    pub(super) columns: &'a str,
    /// The columns of `rows` that make a cursor.
    pub(super) key: &'a str,
    /// The place of the page's limit among the arguments.
    pub(super) limit: String,
    pub(super) args: Vec<Arg>,
}

impl Window<'_> {
    /// Asks for the page and, if rows are narrowed, for the key of the window's last row: there is none if the page is full,
    /// or if nothing is left behind it.
    ///
    /// SQLite makes the rows one by one in their order and stops once the page is full, as it has a `LIMIT` and no order of
    /// its own; so the window is read to its end for a page alone that is not full.
    pub(super) fn ask(self) -> Vec<Stmt> {
        let Window { rows, name, narrowed, columns, key, limit, args } = self;
        if narrowed.is_empty() {
            return vec![Stmt::new(format!("{rows} LIMIT {limit}"), args)];
        }
        let found = format!("FROM ({rows} LIMIT {ROWS}) AS {name} {narrowed} LIMIT {limit}");
        let page = Stmt::new(format!("SELECT {columns} {found}"), args.clone());
        let last = format!(
            "SELECT {key} FROM ({rows} LIMIT 1 OFFSET {})
             WHERE (SELECT count(*) FROM (SELECT 1 {found})) < {limit}",
            ROWS - 1
        );
        vec![page, Stmt::new(last, args)]
    }
}

/// The id that a window ended at, if it did.
pub(super) fn last_id(rows: &[Row]) -> Result<Option<String>, Fault> {
    rows.first().map(|row| Columns(row).text("id")).transpose()
}

/// A page of a list by id.
pub(super) async fn list<T>(
    db: &dyn Database,
    window: Window<'_>,
    page: &Page,
    read: impl Fn(&Row) -> Result<T, Fault>,
    key: impl Fn(&T) -> String,
) -> Result<Listed<T>, Fault> {
    let answers = db.run(window.ask()).await?;
    let mut answers = answers.iter();
    let rows = answers.next().map(Vec::as_slice).unwrap_or_default();
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    let Listed { items, next } = page.cut(items, key);
    let last = answers.next().map_or(Ok(None), |rows| last_id(rows))?;
    Ok(Listed { items, next: next.or(last) })
}

/// What stands behind `WHERE`, with it; nothing without a condition.
pub(super) fn all_of(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) }
}

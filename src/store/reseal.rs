//! Values that are sealed at rest, in whatever table, as long as they are not under the key of now.

use serde::Serialize;

use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, json_text};

/// A column of sealed values. The names are ours, never a caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SealedColumn {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
}

impl SealedColumn {
    /// Which rows: ?1 and ?2 are how values under the key of now begin, and how long that is.
    fn others(self) -> String {
        let SealedColumn { table, column } = self;
        format!("FROM {table} WHERE {column} IS NOT NULL AND substr({column}, 1, ?2) <> ?1")
    }
}

/// The rows behind a place whose value is under another key, in order, at most so many.
pub(crate) fn behind(column: SealedColumn, prefix: &str, place: i64, most: i64) -> Stmt {
    let sql = format!(
        "SELECT rowid AS place, {} AS sealed_value, * {} AND rowid > ?3 ORDER BY rowid LIMIT ?4",
        column.column,
        column.others()
    );
    Stmt::new(sql, vec![prefix.into(), (prefix.len() as i64).into(), place.into(), most.into()])
}

/// How many there are in all.
pub(crate) fn count(column: SealedColumn, prefix: &str) -> Stmt {
    let args = vec![prefix.into(), (prefix.len() as i64).into()];
    Stmt::new(format!("SELECT count(*) AS n {}", column.others()), args)
}

/// A row's place and value.
pub(crate) fn read(row: &Row) -> Result<(i64, String), Fault> {
    let row = Columns(row);
    Ok((row.int("place")?, row.text("sealed_value")?))
}

/// A value and what takes its place.
#[derive(Debug, Serialize)]
pub(crate) struct Replacement {
    pub(crate) place: i64,
    pub(crate) old: String,
    pub(crate) new: String,
}

/// Puts the new values in the place of the old ones, where these still stand; answers a row for each.
pub(crate) fn replace(SealedColumn { table, column }: SealedColumn, all: &[Replacement]) -> Stmt {
    let sql = format!(
        "UPDATE {table} SET {column} = new.value FROM
           (SELECT value ->> 'place' AS place, value ->> 'old' AS old, value ->> 'new' AS value FROM json_each(?1)) AS new
         WHERE {table}.rowid = new.place AND {table}.{column} = new.old RETURNING 1 AS done"
    );
    Stmt::new(sql, vec![json_text(&all).into()])
}

/// The numbers that statements of [`count`] answered, in a batch, summed.
pub(crate) async fn sum(db: &dyn Database, counts: Vec<Stmt>) -> Result<i64, Fault> {
    let answers = db.run(counts).await?;
    answers.iter().filter_map(|rows| rows.first()).map(|row| Columns(row).int("n")).sum()
}

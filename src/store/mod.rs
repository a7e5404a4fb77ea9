//! SQL: a plain function per question. One that asks runs it; one that writes returns its [`Stmt`], so
//! that a use case can put several into one atomic batch.

pub mod administrators;
pub mod api_keys;
pub mod audit;
pub mod authenticators;
pub mod authorization_codes;
pub mod authorization_requests;
pub mod backup_codes;
pub mod challenges;
pub mod client_origins;
pub mod clients;
pub mod consents;
pub mod device_codes;
pub mod email_changes;
pub mod erasure;
pub mod factors;
pub mod gathered_notices;
pub mod granted;
pub mod grants;
pub mod held;
pub mod keys;
pub mod logout_deliveries;
pub mod magic_links;
pub mod mail_links;
pub mod mail_templates;
pub mod mails;
pub mod outbox;
pub mod passkeys;
pub mod plans;
pub mod refresh_tokens;
pub mod replaced_sessions;
pub mod roles;
pub mod routes;
pub mod schema;
pub mod sessions;
pub mod sweep;
pub mod templates;
pub mod tenants;
pub mod trusted_devices;
pub mod unproven;
pub mod usage;
pub mod user_words;
pub mod users;

use serde_json::Value;

use crate::model::json;
use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Rows, Stmt};

/// Runs one statement.
pub async fn one(db: &dyn Database, stmt: Stmt) -> Result<Rows, Fault> {
    Ok(db.run(vec![stmt]).await?.pop().unwrap_or_default())
}

/// Reads columns of a row by name; a missing or mistyped column is a [`Fault`] that names it.
pub(crate) struct Columns<'a>(pub &'a Row);

impl Columns<'_> {
    fn bad(name: &str) -> Fault {
        Fault::new("store", format!("column {name}"))
    }

    /// As SQLite words it: the statement asked for all columns, and this one is not there.
    fn missing(name: &str) -> Fault {
        Fault::new("store", format!("no such column: {name}"))
    }

    pub fn text(&self, name: &str) -> Result<String, Fault> {
        self.maybe_text(name)?.ok_or_else(|| Columns::bad(name))
    }

    pub fn maybe_text(&self, name: &str) -> Result<Option<String>, Fault> {
        match self.0.get(name) {
            Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Columns::bad(name)),
            None => Err(Columns::missing(name)),
        }
    }

    pub fn int(&self, name: &str) -> Result<i64, Fault> {
        self.maybe_int(name)?.ok_or_else(|| Columns::bad(name))
    }

    pub fn maybe_int(&self, name: &str) -> Result<Option<i64>, Fault> {
        match self.0.get(name) {
            Some(Value::Null) => Ok(None),
            // D1 carries numbers as doubles: 5 may come as 5.0.
            Some(Value::Number(n)) => n
                .as_i64()
                .or_else(|| n.as_f64().map(|f| f as i64))
                .map(Some)
                .ok_or_else(|| Columns::bad(name)),
            Some(_) => Err(Columns::bad(name)),
            None => Err(Columns::missing(name)),
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.int(name)? != 0)
    }

    pub fn time(&self, name: &str) -> Result<Time, Fault> {
        self.int(name).map(Time)
    }

    pub fn maybe_time(&self, name: &str) -> Result<Option<Time>, Fault> {
        Ok(self.maybe_int(name)?.map(Time))
    }

    pub fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, Fault> {
        json::read_text(&self.text(name)?).map_err(|_| Columns::bad(name))
    }
}

/// The same statement, which ends in its `WHERE`, for when the one before it in the batch changed anything.
pub fn if_changed(mut stmt: Stmt) -> Stmt {
    stmt.sql.push_str(" AND changes() > 0");
    stmt
}

/// Statements that are spent together, for a batch: each does something only if the one before it did.
pub fn chained(gate: Vec<Stmt>) -> Vec<Stmt> {
    let later = |(at, stmt)| if at == 0 { stmt } else { if_changed(stmt) };
    gate.into_iter().enumerate().map(later).collect()
}

/// JSON text of a value that serializes, for a column.
pub(crate) fn json_text<T: serde::Serialize>(value: &T) -> String {
    // By way of a value, which is what the surfaces show: one serializer for each type in the module.
    serde_json::to_value(value).unwrap_or_default().to_string()
}

/// A list's bounds: rows after the cursor, one more than the page so that its end is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Rows in the page, 1 to 100.
    pub limit: i64,
    /// The last row's key of the page before.
    pub after: Option<String>,
}

/// One page of a list and the cursor of the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The page.
    pub items: Vec<T>,
    /// What to pass as `cursor` for the next page; `None` at the end.
    pub next: Option<String>,
}

impl Page {
    /// Cuts the one row too many off and makes it the cursor's sign.
    pub fn cut<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> String) -> Listed<T> {
        let limit = usize::try_from(self.limit).unwrap_or(100);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(key) } else { None };
        Listed { items, next }
    }
}

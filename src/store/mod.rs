//! SQL: a plain function per question. One that asks runs it; one that writes returns its [`Stmt`], so
//! that a use case can put several into one atomic batch.

pub(crate) mod administrators;
pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod authenticators;
pub(crate) mod authorization_codes;
pub(crate) mod authorization_requests;
pub(crate) mod backup_codes;
pub(crate) mod certificate_warnings;
pub(crate) mod challenges;
pub(crate) mod changes;
pub(crate) mod client_origins;
pub(crate) mod clients;
pub(crate) mod consents;
pub(crate) mod console_sessions;
pub(crate) mod device_codes;
pub(crate) mod email_changes;
pub(crate) mod email_domains;
mod ended_sessions;
pub(crate) mod erasure;
pub(crate) mod exchanges;
pub(crate) mod factors;
pub(crate) mod federation_used;
pub(crate) mod gathered_notices;
pub(crate) mod granted;
pub(crate) mod grants;
pub(crate) mod held;
pub(crate) mod identities;
pub(crate) mod identity_providers;
pub(crate) mod join_requests;
pub(crate) mod kept_keys;
pub(crate) mod keys;
pub(crate) mod logout_deliveries;
pub(crate) mod magic_links;
pub(crate) mod mail_links;
pub(crate) mod mail_templates;
pub(crate) mod mails;
pub(crate) mod names;
pub mod outbox;
pub(crate) mod passkeys;
pub(crate) mod plans;
pub(crate) mod provider_sessions;
pub(crate) mod refresh_tokens;
pub(crate) mod replaced_sessions;
pub(crate) mod reseal;
pub(crate) mod roles;
pub(crate) mod routes;
pub(crate) mod saml_keys;
pub(crate) mod schema;
pub(crate) mod session_lists;
pub mod sessions;
pub(crate) mod sign_in_days;
pub(crate) mod sweep;
pub(crate) mod templates;
pub(crate) mod tenancy;
pub(crate) mod tenant_ref;
pub(crate) mod tenants;
pub(crate) mod trial_holders;
pub(crate) mod trials;
pub(crate) mod trusted_devices;
pub(crate) mod unproven;
pub(crate) mod usage;
pub(crate) mod user_lists;
pub(crate) mod user_words;
pub mod users;
pub(crate) mod vault_attempts;
pub(crate) mod vault_connections;
pub(crate) mod vault_providers;
pub(crate) mod vault_revocations;
pub(crate) mod vault_search_keys;
pub(crate) mod vault_tokens;
pub(crate) mod vault_unused;
mod window;

use std::str::FromStr;

use serde_json::Value;

use crate::model::json;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Rows, Stmt};

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

    pub(crate) fn text(&self, name: &str) -> Result<String, Fault> {
        self.maybe_text(name)?.ok_or_else(|| Columns::bad(name))
    }

    pub(crate) fn maybe_text(&self, name: &str) -> Result<Option<String>, Fault> {
        match self.0.get(name) {
            Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Columns::bad(name)),
            None => Err(Columns::missing(name)),
        }
    }

    pub(crate) fn int(&self, name: &str) -> Result<i64, Fault> {
        self.maybe_int(name)?.ok_or_else(|| Columns::bad(name))
    }

    pub(crate) fn maybe_int(&self, name: &str) -> Result<Option<i64>, Fault> {
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

    pub(crate) fn flag(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.int(name)? != 0)
    }

    pub(crate) fn time(&self, name: &str) -> Result<Time, Fault> {
        self.int(name).map(Time)
    }

    pub(crate) fn maybe_time(&self, name: &str) -> Result<Option<Time>, Fault> {
        Ok(self.maybe_int(name)?.map(Time))
    }

    /// A state, named by its word.
    pub(crate) fn state<S: FromStr>(&self, name: &str) -> Result<S, Fault> {
        self.text(name)?.parse().map_err(|_| Columns::bad(name))
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, Fault> {
        json::read_text(&self.text(name)?).map_err(|_| Columns::bad(name))
    }
}

/// The same statement for when the one before it in the batch changed anything.
pub(crate) fn if_changed(stmt: Stmt) -> Stmt {
    stmt.and_also("changes() > 0")
}

/// Asks how many rows the statement before it in the batch changed, as `n`.
fn changed() -> Stmt {
    Stmt::new("SELECT changes() AS n", vec![])
}

/// What the error of [`undo_if_unchanged`] says.
const UNDONE: &str = "a taken statement changed nothing";

/// A statement that fails unless a condition holds, so that the whole batch is undone. It changes nothing itself. SQLite's
/// `RAISE` works in triggers alone; a JSON path that is none is an error wherever it is evaluated, and the error repeats it:
/// `why`, by which [`is_undone_by`] knows it.
fn undo_unless(condition: &str, why: &str, args: Vec<Arg>) -> Stmt {
    Stmt::new(format!("SELECT json_extract('{{}}', iif({condition}, '$', '{why}')) AS undone"), args)
}

/// Whether a batch was undone by [`undo_unless`] with that reason, and by nothing else. SQLite says `bad JSON path: 'text'`,
/// and before 3.46 `JSON path error near 'text'`.
fn is_undone_by(fault: &Fault, why: &str) -> bool {
    ["bad JSON path: ", "JSON path error near "]
        .iter()
        .any(|said| fault.0.contains(&format!("{said}'{why}'")))
}

/// A statement that undoes the whole batch if the one before it changed nothing.
pub(crate) fn undo_if_unchanged() -> Stmt {
    undo_unless("changes() > 0", UNDONE, Vec::new())
}

/// Whether a batch was undone by [`undo_if_unchanged`].
pub(crate) fn is_undone(fault: &Fault) -> bool {
    is_undone_by(fault, UNDONE)
}

/// JSON text of a value that serializes, for a column.
pub(crate) fn json_text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A list's bounds: rows after the cursor, one more than the page so that its end is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// Rows in the page, 1 to 100.
    pub(crate) limit: i64,
    /// The last row's key of the page before.
    pub(crate) after: Option<String>,
}

/// One page of a list and the cursor of the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed<T> {
    /// The page.
    pub(crate) items: Vec<T>,
    /// What to pass as `cursor` for the next page; `None` at the end.
    pub(crate) next: Option<String>,
}

impl Page {
    /// Cuts the one row too many off and makes it the cursor's sign.
    pub(crate) fn cut<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> String) -> Listed<T> {
        let limit = usize::try_from(self.limit).unwrap_or(100);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(key) } else { None };
        Listed { items, next }
    }
}

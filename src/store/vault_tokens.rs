//! Access tokens of connections: handed out, renewed, given up. Each write of tokens is conditional on the version that was
//! read, and raises it.

use crate::model::state::{ConnectionKind, ConnectionStatus};
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::vault_connections::{Connection, OF_ACTIVE_USER, Which, condition, read};
use crate::store::{Columns, one};

/// How often the last use of a connection is noted, in milliseconds.
pub(super) const NOTED_EVERY: i64 = 3_600_000;

/// A connection with what decides whether and how its tokens are renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) connection: Connection,
    /// When its tokens were written.
    pub(crate) updated_at: Time,
    pub(crate) version: i64,
    /// Before then a refresh that failed is not tried again.
    pub(crate) retry_at: Option<Time>,
    /// How often a refresh failed since one did not.
    pub(crate) failures: i64,
    /// Whether its person may do anything.
    pub(crate) has_active_user: bool,
}

impl Held {
    /// Whether it is one of tokens that can be had.
    pub(crate) fn is_usable(&self) -> bool {
        self.connection.kind == ConnectionKind::Oauth && self.has_active_user
    }

    /// Whether the access token is over at a time.
    pub(crate) fn is_over(&self, now: Time) -> bool {
        self.connection.expires_at.is_some_and(|at| at <= now)
    }

    /// From when on the access token is renewed: so many milliseconds before its end, or at half of its life where that is
    /// later. Never where it has no end. As [`good`] says it in SQL.
    pub(crate) fn due_at(&self, ahead: i64) -> Option<Time> {
        let end = self.connection.expires_at?;
        let half = (end.0.saturating_sub(self.updated_at.0) / 2).max(0);
        Some(Time(end.0.saturating_sub(half.min(ahead))))
    }
}

/// Whether an access token is there and not to be renewed yet: `now` and `ahead` stand for values.
fn good(now: &str, ahead: &str) -> String {
    format!(
        "kind = 'oauth' AND status = 'active' AND sealed_access IS NOT NULL
         AND (expires_at IS NULL OR expires_at - min({ahead}, max(0, (expires_at - updated_at) / 2)) > {now})
         AND {OF_ACTIVE_USER}"
    )
}

/// Notes that an access token is handed out, at most once an hour; returns the connection's row if there is one that is
/// not to be renewed within so many milliseconds.
pub(crate) fn issue(which: &Which<'_>, ahead: i64, now: Time) -> Stmt {
    let (is_it, mut args) = condition(which);
    let sql = format!(
        "UPDATE vault_connections
         SET last_used_at = CASE WHEN last_used_at > ?5 - {NOTED_EVERY} THEN last_used_at ELSE ?5 END
         WHERE {is_it} AND {} RETURNING *",
        good("?5", "?6")
    );
    args.extend([now.0.into(), ahead.into()]);
    Stmt::new(sql, args).repeatable()
}

const SELECT: &str = "SELECT vault_connections.*,
  EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.status = 'active') AS has_active_user
  FROM vault_connections";

fn read_held(row: &Row) -> Result<Held, Fault> {
    let columns = Columns(row);
    Ok(Held {
        connection: read(row)?,
        updated_at: columns.time("updated_at")?,
        version: columns.int("version")?,
        retry_at: columns.maybe_time("retry_at")?,
        failures: columns.int("failures")?,
        has_active_user: columns.flag("has_active_user")?,
    })
}

async fn first(db: &dyn Database, stmt: Stmt) -> Result<Option<Held>, Fault> {
    one(db, stmt).await?.first().map(read_held).transpose()
}

/// A connection as it stands.
pub(crate) async fn find(db: &dyn Database, which: &Which<'_>) -> Result<Option<Held>, Fault> {
    let (is_it, args) = condition(which);
    first(db, Stmt::new(format!("{SELECT} WHERE {is_it}"), args)).await
}

/// The same by its id.
pub(crate) async fn by_id(db: &dyn Database, tenant_id: &str, id: &str) -> Result<Option<Held>, Fault> {
    let sql = format!("{SELECT} WHERE tenant_id = ?1 AND id = ?2");
    first(db, Stmt::new(sql, vec![tenant_id.into(), id.into()])).await
}

/// Tokens that take the place of others.
pub(crate) struct NewTokens<'a> {
    pub(crate) sealed_access: &'a str,
    /// The old one stays where there is none.
    pub(crate) sealed_refresh: Option<&'a str>,
    /// Those of before stay where there are none.
    pub(crate) scopes: Option<&'a str>,
    pub(crate) expires_at: Option<Time>,
}

/// What is changed of a connection only while it has the version that was read.
fn while_unchanged(held: &Held, set: &str, more: Vec<Arg>) -> Stmt {
    let mut args: Vec<Arg> =
        vec![(&held.connection.tenant_id).into(), (&held.connection.id).into(), held.version.into()];
    args.extend(more);
    let sql = format!(
        "UPDATE vault_connections SET {set} WHERE tenant_id = ?1 AND id = ?2 AND version = ?3 AND status = '{}' RETURNING id",
        ConnectionStatus::Active.as_str()
    );
    Stmt::new(sql, args)
}

/// Puts tokens in the place of those that they were given for; returns a row if these still stood. What a provider gave it
/// gives once. Where only the answer was lost the version is another one then, and nothing is written twice.
pub(crate) fn renew(held: &Held, tokens: &NewTokens<'_>, now: Time) -> Stmt {
    while_unchanged(
        held,
        "sealed_access = ?4, sealed_refresh = coalesce(?5, sealed_refresh), scopes = coalesce(?6, scopes), expires_at = ?7,
         version = version + 1, retry_at = NULL, failures = 0, updated_at = ?8",
        vec![
            tokens.sealed_access.into(),
            tokens.sealed_refresh.into(),
            tokens.scopes.into(),
            tokens.expires_at.map(|at| at.0).into(),
            now.0.into(),
        ],
    )
    .irreplaceable()
}

/// Notes until when a refresh is not tried again.
pub(crate) fn put_off(held: &Held, until: Time) -> Stmt {
    while_unchanged(held, "retry_at = ?4, failures = failures + 1", vec![until.0.into()])
}

/// Gives up tokens that the provider does not renew any more; returns a row if they still stood.
pub(crate) fn give_up(held: &Held, now: Time) -> Stmt {
    while_unchanged(
        held,
        "status = 'needs_reauthorization', sealed_access = NULL, sealed_refresh = NULL, expires_at = NULL,
         version = version + 1, retry_at = NULL, updated_at = ?4",
        vec![now.0.into()],
    )
}

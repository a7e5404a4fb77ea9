//! Connections of persons to providers: tokens and keys, sealed.

use crate::model::state::{ConnectionKind, ConnectionStatus};
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::{Columns, one};

/// A connection, as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    pub(crate) provider_id: String,
    /// What tells several connections of one provider apart; empty by default.
    pub(crate) label: String,
    pub(crate) kind: ConnectionKind,
    pub(crate) status: ConnectionStatus,
    /// Who the person is there.
    pub(crate) account: Option<String>,
    /// What was granted, separated by spaces.
    pub(crate) scopes: String,
    pub(crate) sealed_access: Option<String>,
    pub(crate) sealed_refresh: Option<String>,
    pub(crate) sealed_key: Option<String>,
    /// When the access token ends.
    pub(crate) expires_at: Option<Time>,
    pub(crate) created_at: Time,
    pub(crate) last_used_at: Option<Time>,
}

/// Reads a row.
pub(crate) fn read(row: &Row) -> Result<Connection, Fault> {
    let row = Columns(row);
    Ok(Connection {
        id: row.text("id")?,
        tenant_id: row.text("tenant_id")?,
        user_id: row.text("user_id")?,
        provider_id: row.text("provider_id")?,
        label: row.text("label")?,
        kind: row.state("kind")?,
        status: row.state("status")?,
        account: row.maybe_text("account")?,
        scopes: row.text("scopes")?,
        sealed_access: row.maybe_text("sealed_access")?,
        sealed_refresh: row.maybe_text("sealed_refresh")?,
        sealed_key: row.maybe_text("sealed_key")?,
        expires_at: row.maybe_time("expires_at")?,
        created_at: row.time("created_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
    })
}

/// Whose person may do anything. A session says so by itself; a service that acts for persons does not.
pub(super) const OF_ACTIVE_USER: &str =
    "EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND users.status = 'active')";

/// All of a person's who may do anything, the oldest first.
pub(crate) async fn of_active_user(
    db: &dyn Database,
    tenant_id: &str,
    user_id: &str,
) -> Result<Vec<Connection>, Fault> {
    let sql = format!(
        "SELECT * FROM vault_connections WHERE tenant_id = ?1 AND user_id = ?2 AND {OF_ACTIVE_USER} ORDER BY id"
    );
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), user_id.into()])).await?;
    rows.iter().map(read).collect()
}

/// All of a person's, the oldest first.
pub(crate) async fn of_user(
    db: &dyn Database,
    tenant_id: &str,
    user_id: &str,
) -> Result<Vec<Connection>, Fault> {
    let sql = "SELECT * FROM vault_connections WHERE tenant_id = ?1 AND user_id = ?2 ORDER BY id";
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), user_id.into()])).await?;
    rows.iter().map(read).collect()
}

/// Whose connection to what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) provider_id: &'a str,
    /// Its label. Without one: the connection without a label, or the only one there is.
    pub(crate) label: Option<&'a str>,
}

/// The condition for it, on `?1` to `?4`.
const WHICH: &str = "tenant_id = ?1 AND user_id = ?2 AND provider_id = ?3
  AND label = coalesce(?4, (SELECT CASE WHEN count(*) = 1 THEN min(other.label) END FROM vault_connections AS other
                            WHERE other.tenant_id = ?1 AND other.user_id = ?2 AND other.provider_id = ?3), '')";

impl Which<'_> {
    fn args(&self) -> Vec<Arg> {
        vec![self.tenant_id.into(), self.user_id.into(), self.provider_id.into(), self.label.into()]
    }
}

/// Notes that a key is read now; returns the row if it is there, and its person may do anything.
pub(crate) fn use_key(which: &Which<'_>, now: Time) -> Stmt {
    let sql = format!(
        "UPDATE vault_connections SET last_used_at = ?5 WHERE {WHICH}
         AND kind = 'api_key' AND status = 'active' AND {OF_ACTIVE_USER} RETURNING *"
    );
    let mut args = which.args();
    args.push(now.0.into());
    Stmt::new(sql, args).repeatable()
}

/// What must hold for a connection to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Must<'a> {
    /// The session that makes it is live; without one, an administrator does.
    pub(crate) session_id: Option<&'a str>,
    /// The tenant has a row for the provider.
    pub(crate) has_provider: bool,
    /// How many connections a person may have.
    pub(crate) most: i64,
}

/// Makes a connection, or puts it in the place of the one with the same label; returns its id if it may be made. It has an
/// id of its own in any case: what was sealed for the one before does not open for it.
pub(crate) fn put(connection: &Connection, binding: &str, must: Must<'_>) -> Stmt {
    let sql = "INSERT INTO vault_connections
           (id, tenant_id, user_id, provider_id, binding, label, kind, status, account, scopes,
            sealed_access, sealed_refresh, sealed_key, expires_at, created_at, updated_at, idle_from)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?15
         WHERE EXISTS (SELECT 1 FROM users WHERE id = ?3 AND tenant_id = ?2 AND status = 'active')
         AND (?16 IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE id = ?16 AND user_id = ?3 AND ended_at IS NULL
                                     AND expires_at > ?15))
         AND (?17 = 0 OR EXISTS (SELECT 1 FROM vault_providers WHERE tenant_id = ?2 AND id = ?4))
         AND ((SELECT count(*) FROM vault_connections WHERE tenant_id = ?2 AND user_id = ?3) < ?18
              OR EXISTS (SELECT 1 FROM vault_connections WHERE tenant_id = ?2 AND user_id = ?3
                         AND provider_id = ?4 AND label = ?6))
         ON CONFLICT (tenant_id, user_id, provider_id, label) DO UPDATE SET
           id = excluded.id, binding = excluded.binding, kind = excluded.kind, status = excluded.status,
           account = excluded.account, scopes = excluded.scopes, sealed_access = excluded.sealed_access,
           sealed_refresh = excluded.sealed_refresh, sealed_key = excluded.sealed_key,
           expires_at = excluded.expires_at, version = 1, retry_at = NULL, created_at = excluded.created_at,
           updated_at = excluded.updated_at, last_used_at = NULL, idle_from = excluded.idle_from
         RETURNING id";
    let args: Vec<Arg> = vec![
        (&connection.id).into(),
        (&connection.tenant_id).into(),
        (&connection.user_id).into(),
        (&connection.provider_id).into(),
        binding.into(),
        (&connection.label).into(),
        connection.kind.as_str().into(),
        connection.status.as_str().into(),
        connection.account.clone().into(),
        (&connection.scopes).into(),
        connection.sealed_access.clone().into(),
        connection.sealed_refresh.clone().into(),
        connection.sealed_key.clone().into(),
        connection.expires_at.map(|at| at.0).into(),
        connection.created_at.0.into(),
        must.session_id.into(),
        must.has_provider.into(),
        must.most.into(),
    ];
    Stmt::new(sql, args)
}

/// Changes nothing of a connection, and so says whether it is there to be deleted; returns its row if so. With a kind, only
/// if it is of that one.
pub(crate) fn release(which: &Which<'_>, kind: Option<ConnectionKind>) -> Stmt {
    let sql = format!(
        "UPDATE vault_connections SET label = label WHERE {WHICH} AND (?5 IS NULL OR kind = ?5) RETURNING *"
    );
    let mut args = which.args();
    args.push(kind.map(ConnectionKind::as_str).into());
    Stmt::new(sql, args)
}

/// Removes a connection.
pub(crate) fn delete(which: &Which<'_>) -> Stmt {
    Stmt::new(format!("DELETE FROM vault_connections WHERE {WHICH}"), which.args())
}

/// The condition for one, for what is owed to its provider.
pub(super) fn condition(which: &Which<'_>) -> (&'static str, Vec<Arg>) {
    (WHICH, which.args())
}

/// One of a tenant's, by id.
pub(crate) async fn by_id(db: &dyn Database, tenant_id: &str, id: &str) -> Result<Option<Connection>, Fault> {
    let sql =
        format!("SELECT * FROM vault_connections WHERE tenant_id = ?1 AND id = ?2 AND {OF_ACTIVE_USER}");
    one(db, Stmt::new(sql, vec![tenant_id.into(), id.into()])).await?.first().map(read).transpose()
}

/// How many there are to a provider.
pub(crate) async fn count_of_provider(
    db: &dyn Database,
    tenant_id: &str,
    provider_id: &str,
) -> Result<i64, Fault> {
    let sql = "SELECT count(*) AS n FROM vault_connections WHERE tenant_id = ?1 AND provider_id = ?2";
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), provider_id.into()])).await?;
    rows.first().map_or(Ok(0), |row| Columns(row).int("n"))
}

/// Removes all connections to a provider.
pub(crate) fn delete_of_provider(tenant_id: &str, provider_id: &str) -> Stmt {
    let sql = "DELETE FROM vault_connections WHERE tenant_id = ?1 AND provider_id = ?2";
    Stmt::new(sql, vec![tenant_id.into(), provider_id.into()])
}

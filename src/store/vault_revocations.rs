//! Tokens that are to be given back to their providers: rows that outlive the connection, its person, its provider and its
//! tenant until they were taken or given up.

use crate::model::time::Time;
use crate::model::vault::ProviderSpec;
use crate::ports::{Arg, Database, Fault, Stmt};
use crate::store::vault_connections::{Connection, Which, condition};
use crate::store::vault_providers::StoredProvider;
use crate::store::{Columns, json_text, one};

/// Notes the tokens of the connections for which that holds, which are about to be deleted; the condition's arguments begin
/// at `?1`.
fn owe(which: &str, mut args: Vec<Arg>, now: Time) -> Stmt {
    args.push(now.0.into());
    let at = args.len();
    let sql = format!(
        "INSERT OR IGNORE INTO vault_revocations
           (id, tenant_id, connection_id, provider_id, binding, sealed_access, sealed_refresh, spec, sealed_secret,
            next_at, created_at, user_id)
         SELECT vault_connections.id || '/' || vault_connections.version, vault_connections.tenant_id,
                vault_connections.id, vault_connections.provider_id, vault_connections.binding,
                vault_connections.sealed_access, vault_connections.sealed_refresh, owed.spec, owed.sealed_secret,
                ?{at}, ?{at}, vault_connections.user_id
         FROM vault_connections JOIN
              (SELECT tenant_id AS owed_tenant, id AS owed_id, spec, sealed_secret FROM vault_providers) AS owed
              ON owed_tenant = vault_connections.tenant_id AND owed_id = vault_connections.provider_id
         WHERE vault_connections.kind = 'oauth'
         AND coalesce(vault_connections.sealed_access, vault_connections.sealed_refresh) IS NOT NULL AND ({which})"
    );
    Stmt::new(sql, args)
}

/// Notes what one connection holds.
pub(crate) fn owe_one(which: &Which<'_>, now: Time) -> Stmt {
    let (condition, args) = condition(which);
    owe(condition, args, now)
}

/// Notes what a connection holds that is named by its id.
pub(crate) fn owe_by_id(id: &str, now: Time) -> Stmt {
    owe("vault_connections.id = ?1", vec![id.into()], now)
}

/// Notes what all connections to a provider hold.
pub(crate) fn owe_all_of_provider(tenant_id: &str, provider_id: &str, now: Time) -> Stmt {
    owe("tenant_id = ?1 AND provider_id = ?2", vec![tenant_id.into(), provider_id.into()], now)
}

/// Notes what the connections of a user hold who is about to be deleted.
pub(crate) fn owe_all_of_user(user_id: &str, now: Time) -> Stmt {
    owe("user_id = ?1", vec![user_id.into()], now)
}

/// Notes what the connections of a tenant hold that is about to be deleted.
pub(crate) fn owe_all_of_tenant(tenant_id: &str, now: Time) -> Stmt {
    owe("tenant_id = ?1", vec![tenant_id.into()], now)
}

/// Tokens that a provider gave for a connection which is not there to have them.
pub(crate) struct Orphaned<'a> {
    /// What the row is called: the connection's id and what came of it.
    pub(crate) id: &'a str,
    /// The connection that they were sealed for.
    pub(crate) connection: &'a Connection,
    /// What they were sealed for beside the connection.
    pub(crate) binding: &'a str,
    pub(crate) sealed_access: &'a str,
    pub(crate) sealed_refresh: Option<&'a str>,
    pub(crate) provider: &'a StoredProvider,
}

/// Notes tokens that nobody keeps; returns a row if that is to be done. Where an active connection is in their place they are
/// forgotten instead: many providers end with one token of a consent all that came of it.
pub(crate) fn owe_orphaned(orphaned: &Orphaned<'_>, now: Time) -> Stmt {
    let sql = "INSERT OR IGNORE INTO vault_revocations
           (id, tenant_id, connection_id, provider_id, binding, sealed_access, sealed_refresh, spec, sealed_secret,
            next_at, created_at, user_id)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, (SELECT id FROM users WHERE id = ?11)
         WHERE NOT EXISTS (SELECT 1 FROM vault_connections WHERE tenant_id = ?2 AND user_id = ?11
                           AND provider_id = ?4 AND label = ?12 AND status = 'active')
         RETURNING id";
    let connection = orphaned.connection;
    let args: Vec<Arg> = vec![
        orphaned.id.into(),
        (&connection.tenant_id).into(),
        (&connection.id).into(),
        (&connection.provider_id).into(),
        orphaned.binding.into(),
        orphaned.sealed_access.into(),
        orphaned.sealed_refresh.map(str::to_owned).into(),
        json_text(&orphaned.provider.spec).into(),
        orphaned.provider.sealed_secret.clone().into(),
        now.0.into(),
        (&connection.user_id).into(),
        (&connection.label).into(),
    ];
    Stmt::new(sql, args).irreplaceable()
}

/// Tokens that are being given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) connection_id: String,
    pub(crate) provider_id: String,
    /// What the tokens were sealed for beside the connection.
    pub(crate) binding: String,
    pub(crate) sealed_access: Option<String>,
    pub(crate) sealed_refresh: Option<String>,
    /// The provider as it was; `None` if it cannot be read, which holds up no other row.
    pub(crate) spec: Option<ProviderSpec>,
    pub(crate) sealed_secret: Option<String>,
    /// Whose connection it was; `None` once that person is deleted.
    pub(crate) user_id: Option<String>,
    /// When it is tried again unless it succeeds.
    pub(crate) next_at: Time,
    /// Tries, with this one.
    pub(crate) attempts: i64,
    pub(crate) created_at: Time,
}

/// How they are tried again, in milliseconds.
pub(crate) struct Delays {
    /// After the first try; twice as long after each other one.
    pub(crate) first: i64,
    pub(crate) longest: i64,
}

/// Takes those whose turn it is, at most this many: nobody else gets them until they are due again.
pub(crate) async fn take_due(
    db: &dyn Database,
    delays: &Delays,
    limit: i64,
    now: Time,
) -> Result<Vec<Revocation>, Fault> {
    let sql = "UPDATE vault_revocations
               SET attempts = attempts + 1, next_at = ?1 + min(?3, ?2 << min(attempts, 20))
               WHERE id IN (SELECT id FROM vault_revocations WHERE next_at <= ?1 ORDER BY next_at LIMIT ?4)
               RETURNING *";
    let args = vec![now.0.into(), delays.first.into(), delays.longest.into(), limit.into()];
    let read = |row| {
        let row = Columns(row);
        Ok(Revocation {
            id: row.text("id")?,
            tenant_id: row.text("tenant_id")?,
            connection_id: row.text("connection_id")?,
            provider_id: row.text("provider_id")?,
            binding: row.text("binding")?,
            sealed_access: row.maybe_text("sealed_access")?,
            sealed_refresh: row.maybe_text("sealed_refresh")?,
            spec: row.json("spec").ok(),
            sealed_secret: row.maybe_text("sealed_secret")?,
            user_id: row.maybe_text("user_id")?,
            next_at: row.time("next_at")?,
            attempts: row.int("attempts")?,
            created_at: row.time("created_at")?,
        })
    };
    one(db, Stmt::new(sql, args)).await?.iter().map(read).collect()
}

/// Nothing is owed any more.
pub(crate) fn done(id: &str) -> Stmt {
    Stmt::new("DELETE FROM vault_revocations WHERE id = ?1", vec![id.into()])
}

//! API keys, and who they stand for.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::roles::{self, GRANTED};
use crate::store::users::{self, User};
use crate::store::window::{self, Args, Window};
use crate::store::{Columns, Listed, Page, clients, json_text, one};

/// A key's row. The key itself is only its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiKey {
    /// Its id, which is part of the key.
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    /// On whose behalf it acts; the tenant's own stands for itself.
    pub(crate) user_id: Option<String>,
    /// What its owner calls it.
    pub(crate) name: String,
    /// What it starts with.
    pub(crate) prefix: String,
    /// What it may do.
    pub(crate) scopes: Vec<String>,
    /// The roles of the tenant's own; one that acts for a user has the user's.
    pub(crate) roles: Vec<String>,
    /// When it was made.
    pub(crate) created_at: Time,
    /// When it was last used, to the hour.
    pub(crate) last_used_at: Option<Time>,
    /// When it ends.
    pub(crate) expires_at: Option<Time>,
    /// The grant that it was made through, with which it ends.
    pub(crate) grant_id: Option<String>,
    /// Whom it is for, if that is less than whatever accepts it.
    pub(crate) audiences: Option<Vec<String>>,
    /// The client that made it through its grant, and its name as people are shown it.
    pub(crate) client: Option<(String, String)>,
}

fn read(row: &Row) -> Result<ApiKey, Fault> {
    let row = Columns(row);
    Ok(ApiKey {
        id: row.text("id")?,
        tenant_id: row.text("tenant_id")?,
        user_id: row.maybe_text("user_id")?,
        name: row.text("name")?,
        prefix: row.text("prefix")?,
        scopes: row.json("scopes")?,
        roles: row.json("roles")?,
        created_at: row.time("created_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
        expires_at: row.maybe_time("expires_at")?,
        grant_id: row.maybe_text("grant_id")?,
        audiences: row.maybe_text("audiences")?.map(|_| row.json("audiences")).transpose()?,
        client: clients::named(&row)?,
    })
}

/// The columns of a key, with the client that made it.
const KEY: &str = "api_keys.*, clients.id AS client_id, clients.name AS client_name,
                   clients.registration_hash IS NULL AS client_vouched";

/// The grant and the client of a key.
const GRANT: &str = "LEFT JOIN sessions ON sessions.id = api_keys.grant_id
                     LEFT JOIN clients ON clients.id = sessions.client_id";

/// Whether a key is neither revoked nor over with its grant at `?1`.
pub(super) const STANDS: &str = "api_keys.revoked_at IS NULL AND (api_keys.grant_id IS NULL OR EXISTS (
                        SELECT 1 FROM sessions grants WHERE grants.id = api_keys.grant_id
                        AND grants.ended_at IS NULL AND grants.expires_at > ?1))";

/// The grant that a live key was made through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfGrant {
    pub(crate) id: String,
    pub(crate) client_id: String,
    /// What was granted, space-separated.
    pub(crate) scope: String,
    /// How the user had signed in.
    pub(crate) amr: Vec<String>,
    /// When it ends unless it is refreshed.
    pub(crate) expires_at: Time,
}

/// A live key with its hash, and its user if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) id: String,
    /// What is stored of the key.
    pub(crate) hash: String,
    /// What it may do.
    pub(crate) scopes: Vec<String>,
    /// When it ends.
    pub(crate) expires_at: Option<Time>,
    pub(crate) tenant_id: String,
    /// Its own roles.
    pub(crate) roles: Vec<String>,
    /// Whether its use was noted within the hour.
    pub(crate) use_is_noted: bool,
    /// On whose behalf it acts, with the custom scopes that they have.
    pub(crate) user: Option<(User, Vec<String>)>,
    /// The grant that it was made through.
    pub(crate) grant: Option<OfGrant>,
    /// Whom it is for.
    pub(crate) audiences: Option<Vec<String>>,
}

/// Seconds after which a key's use is noted anew.
const NOTED_EVERY: i64 = 3_600;

/// Notes that a key was used, to the hour.
pub(crate) fn note_use(id: &str, now: Time) -> Stmt {
    Stmt::new(
        "UPDATE api_keys SET last_used_at = ?2
         WHERE id = ?1 AND revoked_at IS NULL AND coalesce(last_used_at, 0) <= ?3",
        vec![id.into(), now.0.into(), now.plus(-NOTED_EVERY).0.into()],
    )
    .repeatable()
}

/// The live key of that id.
pub(crate) async fn live_by_id(db: &dyn Database, id: &str, now: Time) -> Result<Option<Live>, Fault> {
    let find = format!(
        "SELECT {GRANTED} AS user_granted, users.*, sessions.client_id AS grant_client, sessions.scope AS grant_scope,
                sessions.amr AS grant_amr, sessions.expires_at AS grant_expires_at,
                api_keys.grant_id AS key_grant_id, api_keys.audiences AS key_audiences, api_keys.id AS key_id, api_keys.hash AS key_hash, api_keys.scopes AS key_scopes,
                api_keys.expires_at AS key_expires_at, api_keys.tenant_id AS key_tenant_id,
                api_keys.roles AS key_roles, api_keys.user_id AS key_user_id,
                api_keys.last_used_at AS key_last_used_at
         FROM api_keys LEFT JOIN users ON users.id = api_keys.user_id
         LEFT JOIN sessions ON sessions.id = api_keys.grant_id
         WHERE api_keys.id = ?2 AND {STANDS}
         AND (api_keys.user_id IS NULL OR users.status = 'active')
         AND (api_keys.expires_at IS NULL OR api_keys.expires_at > ?1)"
    );
    let find = Stmt::new(find, vec![now.0.into(), id.into()]);
    let rows = one(db, find).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let of_user = Columns(row).maybe_text("key_user_id")?.is_some();
    let user = match of_user {
        true => Some((users::read(row)?, Columns(row).json("user_granted")?)),
        false => None,
    };
    let row = Columns(row);
    let grant = match row.maybe_text("key_grant_id")? {
        Some(id) => Some(OfGrant {
            id,
            client_id: row.text("grant_client")?,
            scope: row.text("grant_scope")?,
            amr: row.json("grant_amr")?,
            expires_at: row.time("grant_expires_at")?,
        }),
        None => None,
    };
    Ok(Some(Live {
        grant,
        audiences: row.maybe_text("key_audiences")?.map(|_| row.json("key_audiences")).transpose()?,
        id: row.text("key_id")?,
        hash: row.text("key_hash")?,
        scopes: row.json("key_scopes")?,
        expires_at: row.maybe_time("key_expires_at")?,
        tenant_id: row.text("key_tenant_id")?,
        roles: row.json("key_roles")?,
        use_is_noted: row.maybe_time("key_last_used_at")?.is_some_and(|at| now < at.plus(NOTED_EVERY)),
        user,
    }))
}

/// What a key is made with: the session or the key that asks for it.
pub(crate) struct By<'a> {
    pub(crate) session_id: Option<&'a str>,
    pub(crate) key_id: Option<&'a str>,
}

/// Makes a key, if there still is whom it stands for and what it is made with, and its owner has fewer than `most`;
/// returns its id if so.
pub(crate) fn insert(key: &ApiKey, hash: &str, by: &By<'_>, most: i64) -> Stmt {
    let args: Vec<Arg> = vec![
        (&key.id).into(),
        (&key.tenant_id).into(),
        key.user_id.clone().into(),
        (&key.name).into(),
        (&key.prefix).into(),
        hash.into(),
        json_text(&key.scopes).into(),
        key.created_at.0.into(),
        key.expires_at.map(|at| at.0).into(),
        json_text(&key.roles).into(),
        by.session_id.into(),
        by.key_id.into(),
        key.grant_id.clone().into(),
        key.audiences.as_ref().map(json_text).into(),
        most.into(),
    ];
    let count = count(key.user_id.is_some()).replace("?1", "?8");
    let known = roles::has_all("?2", "?10");
    let sql = format!(
        "INSERT INTO api_keys (id, tenant_id, user_id, name, prefix, hash, scopes, created_at, expires_at, roles,
                               grant_id, audiences)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?13, ?14
         WHERE ({count}) < ?15 AND EXISTS (SELECT 1 FROM tenants WHERE id = ?2)
         AND (?3 IS NULL OR EXISTS (SELECT 1 FROM users WHERE id = ?3))
         AND (?11 IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE id = ?11 AND ended_at IS NULL AND expires_at > ?8))
         AND (?12 IS NULL OR EXISTS (SELECT 1 FROM api_keys WHERE id = ?12 AND revoked_at IS NULL))
         AND {known} RETURNING id"
    );
    Stmt::new(sql, args)
}

/// Asks how many keys stand at `?1` of the user `?3`, or of the tenant `?2` itself.
fn count(of_user: bool) -> String {
    let whose = if of_user { "user_id = ?3" } else { "tenant_id = ?2 AND user_id IS NULL" };
    format!("SELECT count(*) FROM api_keys WHERE {whose} AND {STANDS}")
}

/// Whether an owner has that many keys.
pub(crate) async fn has(
    db: &dyn Database,
    tenant_id: &str,
    user_id: Option<&str>,
    most: i64,
    now: Time,
) -> Result<bool, Fault> {
    let sql = format!("SELECT 1 AS n WHERE ({}) >= ?4", count(user_id.is_some()));
    let args = vec![now.0.into(), tenant_id.into(), user_id.into(), most.into()];
    Ok(!one(db, Stmt::new(sql, args)).await?.is_empty())
}

/// A page of a user's keys that are not revoked, by id.
pub(crate) async fn list(
    db: &dyn Database,
    user_id: &str,
    page: &Page,
    now: Time,
) -> Result<Listed<ApiKey>, Fault> {
    listed(db, "user_id", user_id, page, now).await
}

/// A page of a tenant's keys that are not revoked, its users' as well, by id.
pub(crate) async fn list_of_tenant(
    db: &dyn Database,
    tenant_id: &str,
    page: &Page,
    now: Time,
) -> Result<Listed<ApiKey>, Fault> {
    listed(db, "tenant_id", tenant_id, page, now).await
}

async fn listed(
    db: &dyn Database,
    of: &str,
    id: &str,
    page: &Page,
    now: Time,
) -> Result<Listed<ApiKey>, Fault> {
    let after = page.after.clone().unwrap_or_default();
    let mut args = Args(vec![id.into(), after.into()]);
    let (stands, limit) = (STANDS.replace("?1", &args.place(now.0)), args.place(page.limit + 1));
    let window = Window {
        rows: format!("SELECT * FROM api_keys WHERE {of} = ?1 AND id > ?2 ORDER BY id"),
        name: "api_keys",
        narrowed: format!("{GRANT} WHERE {stands}"),
        columns: KEY,
        key: "id",
        limit,
        args: args.0,
    };
    window::list(db, window, page, read, |key: &ApiKey| key.id.clone()).await
}

/// A key of a tenant that is not over.
pub(crate) async fn by_id(
    db: &dyn Database,
    tenant_id: &str,
    id: &str,
    now: Time,
) -> Result<Option<ApiKey>, Fault> {
    let sql = format!(
        "SELECT {KEY} FROM api_keys {GRANT} WHERE api_keys.tenant_id = ?2 AND api_keys.id = ?3 AND {STANDS}"
    );
    one(db, Stmt::new(sql, vec![now.0.into(), tenant_id.into(), id.into()]))
        .await?
        .first()
        .map(read)
        .transpose()
}

/// Revokes a key of a tenant, or of a user of it; returns its id if it was not revoked before.
pub(crate) fn revoke(tenant_id: &str, user_id: Option<&str>, id: &str, now: Time) -> Stmt {
    let sql = "UPDATE api_keys SET revoked_at = ?4 WHERE tenant_id = ?1 AND (?2 IS NULL OR user_id = ?2) AND id = ?3
               AND revoked_at IS NULL RETURNING id";
    Stmt::new(sql, vec![tenant_id.into(), user_id.into(), id.into(), now.0.into()])
}

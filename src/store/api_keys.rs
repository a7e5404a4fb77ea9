//! API keys, and who they stand for.

use crate::model::time::Time;
use crate::ports::{Arg, Db, Fault, Row, Stmt};
use crate::store::users::{self, User};
use crate::store::{Columns, Listed, Page, json_text, one};

/// A key's row. The key itself is only its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, which is part of the key.
    pub id: String,
    /// The tenant.
    pub tenant_id: String,
    /// On whose behalf it acts; the tenant's own stands for itself.
    pub user_id: Option<String>,
    /// What its owner calls it.
    pub name: String,
    /// What it starts with.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The roles of the tenant's own; one that acts for a user has the user's.
    pub roles: Vec<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Time>,
    /// When it ends.
    pub expires_at: Option<Time>,
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
    })
}

/// A live key with its hash, and its user if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The key's id.
    pub id: String,
    /// What is stored of the key.
    pub hash: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Time>,
    /// Its tenant.
    pub tenant_id: String,
    /// Its own roles.
    pub roles: Vec<String>,
    /// On whose behalf it acts.
    pub user: Option<User>,
}

/// The live key of that id; its use is noted, to the minute.
pub async fn live_by_id(db: &dyn Db, id: &str, hash: &str, now: Time) -> Result<Option<Live>, Fault> {
    let touch = Stmt::new(
        "UPDATE api_keys SET last_used_at = ?3
         WHERE id = ?1 AND hash = ?2 AND revoked_at IS NULL AND coalesce(last_used_at, 0) < ?4",
        vec![id.into(), hash.into(), now.0.into(), now.plus(-60).0.into()],
    );
    let find = Stmt::new(
        "SELECT users.*, api_keys.id AS key_id, api_keys.hash AS key_hash, api_keys.scopes AS key_scopes,
                api_keys.expires_at AS key_expires_at, api_keys.tenant_id AS key_tenant_id,
                api_keys.roles AS key_roles, api_keys.user_id AS key_user_id
         FROM api_keys LEFT JOIN users ON users.id = api_keys.user_id
         WHERE api_keys.id = ?1 AND api_keys.revoked_at IS NULL
         AND (api_keys.user_id IS NULL OR users.status = 'active')
         AND (api_keys.expires_at IS NULL OR api_keys.expires_at > ?2)",
        vec![id.into(), now.0.into()],
    );
    let answers = db.run(vec![touch, find]).await?;
    let Some(row) = answers.last().and_then(|rows| rows.first()) else { return Ok(None) };
    let of_user = Columns(row).maybe_text("key_user_id")?.is_some();
    let user = if of_user { Some(users::read(row)?) } else { None };
    let row = Columns(row);
    Ok(Some(Live {
        id: row.text("key_id")?,
        hash: row.text("key_hash")?,
        scopes: row.json("key_scopes")?,
        expires_at: row.maybe_time("key_expires_at")?,
        tenant_id: row.text("key_tenant_id")?,
        roles: row.json("key_roles")?,
        user,
    }))
}

/// What a key is made with: the session or the key that asks for it.
pub struct By<'a> {
    /// The session.
    pub session_id: Option<&'a str>,
    /// The key.
    pub key_id: Option<&'a str>,
}

/// Makes a key, if there still is whom it stands for and what it is made with; returns its id if so.
pub fn insert(key: &ApiKey, hash: &str, by: &By<'_>) -> Stmt {
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
    ];
    Stmt::new(
        "INSERT INTO api_keys (id, tenant_id, user_id, name, prefix, hash, scopes, created_at, expires_at, roles)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
         WHERE EXISTS (SELECT 1 FROM tenants WHERE id = ?2)
         AND (?3 IS NULL OR EXISTS (SELECT 1 FROM users WHERE id = ?3))
         AND (?11 IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE id = ?11 AND ended_at IS NULL))
         AND (?12 IS NULL OR EXISTS (SELECT 1 FROM api_keys WHERE id = ?12 AND revoked_at IS NULL)) RETURNING id",
        args,
    )
}

/// A page of a user's keys that are not revoked, by id.
pub async fn list(db: &dyn Db, user_id: &str, page: &Page) -> Result<Listed<ApiKey>, Fault> {
    listed(db, "user_id", user_id, page).await
}

/// A page of a tenant's keys that are not revoked, its users' as well, by id.
pub async fn list_of_tenant(db: &dyn Db, tenant_id: &str, page: &Page) -> Result<Listed<ApiKey>, Fault> {
    listed(db, "tenant_id", tenant_id, page).await
}

async fn listed(db: &dyn Db, of: &str, id: &str, page: &Page) -> Result<Listed<ApiKey>, Fault> {
    let sql = format!(
        "SELECT * FROM api_keys WHERE {of} = ?1 AND revoked_at IS NULL AND id > ?2 ORDER BY id LIMIT ?3"
    );
    let after = page.after.clone().unwrap_or_default();
    let rows = one(db, Stmt::new(sql, vec![id.into(), after.into(), (page.limit + 1).into()])).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |key: &ApiKey| key.id.clone()))
}

/// A key of a tenant that is not revoked.
pub async fn by_id(db: &dyn Db, tenant_id: &str, id: &str) -> Result<Option<ApiKey>, Fault> {
    let sql = "SELECT * FROM api_keys WHERE tenant_id = ?1 AND id = ?2 AND revoked_at IS NULL";
    one(db, Stmt::new(sql, vec![tenant_id.into(), id.into()])).await?.first().map(read).transpose()
}

/// Revokes a key of a tenant, or of a user of it; returns its id if it was not revoked before.
pub fn revoke(tenant_id: &str, user_id: Option<&str>, id: &str, now: Time) -> Stmt {
    let sql = "UPDATE api_keys SET revoked_at = ?4 WHERE tenant_id = ?1 AND (?2 IS NULL OR user_id = ?2) AND id = ?3
               AND revoked_at IS NULL RETURNING id";
    Stmt::new(sql, vec![tenant_id.into(), user_id.into(), id.into(), now.0.into()])
}

/// How many keys a user has that are not revoked; without a user, how many are the tenant's own.
pub async fn count(db: &dyn Db, tenant_id: &str, user_id: Option<&str>) -> Result<i64, Fault> {
    let stmt = match user_id {
        Some(user_id) => Stmt::new(
            "SELECT count(*) AS n FROM api_keys WHERE user_id = ?1 AND revoked_at IS NULL",
            vec![user_id.into()],
        ),
        None => Stmt::new(
            "SELECT count(*) AS n FROM api_keys
             WHERE tenant_id = ?1 AND user_id IS NULL AND revoked_at IS NULL",
            vec![tenant_id.into()],
        ),
    };
    one(db, stmt).await?.first().map_or(Ok(0), |row| Columns(row).int("n"))
}

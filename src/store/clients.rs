//! Clients.

use crate::model::client::Metadata;
use crate::model::name;
use crate::model::route::RouteSpec;
use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, Listed, Page, json_text, one, roles, routes};

/// A client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    pub(crate) tenant_id: String,
    /// Its `client_name`.
    pub(crate) name: String,
    /// What it is.
    pub(crate) metadata: Metadata,
    /// The same as the text that is stored: whether another one changed it meanwhile is told by that.
    pub(crate) text: String,
    /// Hash of its secret.
    pub secret_hash: Option<String>,
    /// Hash of its registration access token.
    pub(crate) registration_hash: Option<String>,
    /// When it was made.
    pub(crate) created_at: Time,
    /// The document that describes it, if one does.
    pub(crate) document: Option<Document>,
    /// What it may ask for beyond its registration, which its metadata has as well.
    pub(crate) offers: Vec<Offer>,
    /// The resources that are its tenant's MCP servers, in both spellings.
    pub(crate) mcp_resources: Vec<String>,
}

/// A document that describes a client, as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    /// Its URL, which is the `client_id`.
    pub(crate) url: String,
    /// Until when what it says may be used.
    pub(crate) fresh_until: Time,
}

/// The `registration_hash` of a client that no administrator made and that no token manages: no hash of one.
pub(crate) const NO_TOKEN: &str = "-";

/// A resource that clients which no administrator made may ask for, and the scopes that go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) resource: String,
    /// The scopes that its callers need, without those that the client is registered for.
    pub(crate) scopes: Vec<String>,
}

impl Client {
    /// Its `client_id`, as it knows it itself.
    pub(crate) fn client_id(&self) -> &str {
        self.document.as_ref().map_or(&self.id, |document| &document.url)
    }

    /// Its name as people are shown it.
    pub(crate) fn shown_name(&self) -> String {
        name::for_display(self.name.clone(), self.registration_hash.is_none())
    }
}

/// The client that a row is joined with, by `client_id`, `client_name` and `client_vouched`: its id, and its name as
/// people are shown it.
pub(super) fn named(row: &Columns<'_>) -> Result<Option<(String, String)>, Fault> {
    let Some((id, name)) = row.maybe_text("client_id")?.zip(row.maybe_text("client_name")?) else {
        return Ok(None);
    };
    Ok(Some((id, name::for_display(name, row.flag("client_vouched")?))))
}

/// The question for a client of a tenant, for a batch; [`read`] reads its row.
pub(crate) fn select(tenant_id: &str, id: &str) -> Stmt {
    Stmt::new("SELECT * FROM clients WHERE tenant_id = ?1 AND id = ?2", vec![tenant_id.into(), id.into()])
}

fn document(row: &Columns<'_>, url: String) -> Result<Document, Fault> {
    Ok(Document { url, fresh_until: row.maybe_time("document_until")?.unwrap_or(Time(0)) })
}

/// A client from its row.
pub(crate) fn read(row: &Row) -> Result<Client, Fault> {
    let row = Columns(row);
    Ok(Client {
        id: row.text("id")?,
        tenant_id: row.text("tenant_id")?,
        name: row.text("name")?,
        metadata: row.json("metadata")?,
        text: row.text("metadata")?,
        secret_hash: row.maybe_text("secret_hash")?,
        registration_hash: row.maybe_text("registration_hash")?,
        created_at: row.time("created_at")?,
        document: row.maybe_text("document_url")?.map(|url| document(&row, url)).transpose()?,
        offers: Vec::new(),
        mcp_resources: Vec::new(),
    })
}

/// A client of a tenant, with the routes of MCP servers that the tenant has, in one round trip.
pub(crate) async fn with_mcp_routes(
    db: &dyn Database,
    tenant_id: &str,
    id: &str,
) -> Result<Option<(Client, Vec<RouteSpec>)>, Fault> {
    let answers = db.run(vec![select(tenant_id, id), routes::of_mcp(tenant_id)]).await?;
    let [clients, routes] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of two answered otherwise"));
    };
    let Some(client) = clients.first().map(read).transpose()? else { return Ok(None) };
    let specs = routes.iter().map(|row| Columns(row).json("spec")).collect::<Result<_, _>>()?;
    Ok(Some((client, specs)))
}

/// A client of a tenant.
pub(crate) async fn by_id(db: &dyn Database, tenant_id: &str, id: &str) -> Result<Option<Client>, Fault> {
    one(db, select(tenant_id, id)).await?.first().map(read).transpose()
}

/// Whether something is signed with RS256 for a client of the tenant.
pub(crate) async fn any_needs_rs256(db: &dyn Database, tenant_id: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM clients WHERE tenant_id = ?1
               AND 'RS256' IN (json_extract(metadata, '$.id_token_signed_response_alg'),
                               json_extract(metadata, '$.userinfo_signed_response_alg')) LIMIT 1";
    Ok(!one(db, Stmt::new(sql, vec![tenant_id.into()])).await?.is_empty())
}

/// Whether a client of a tenant that an administrator made has that redirect URI.
pub(crate) async fn has_redirect_uri(db: &dyn Database, tenant_id: &str, uri: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 AS n FROM clients WHERE tenant_id = ?1 AND registration_hash IS NULL AND document_url IS NULL
               AND EXISTS (SELECT 1 FROM json_each(clients.metadata, '$.redirect_uris') WHERE value = ?2) LIMIT 1";
    Ok(!one(db, Stmt::new(sql, vec![tenant_id.into(), uri.into()])).await?.is_empty())
}

/// A page of a tenant's clients, by id.
pub(crate) async fn list(db: &dyn Database, tenant_id: &str, page: &Page) -> Result<Listed<Client>, Fault> {
    let sql = "SELECT * FROM clients WHERE tenant_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    let after = page.after.clone().unwrap_or_default();
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), after.into(), (page.limit + 1).into()])).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |client: &Client| client.id.clone()))
}

/// Makes a client; returns its id, if the tenant has its roles.
pub(crate) fn insert(client: &Client) -> Stmt {
    Stmt::new(
        format!(
            "INSERT INTO clients (id, tenant_id, name, metadata, secret_hash, registration_hash, created_at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE {} RETURNING id",
            has_roles("?2", "?4")
        ),
        vec![
            (&client.id).into(),
            (&client.tenant_id).into(),
            (&client.name).into(),
            (&client.text).into(),
            client.secret_hash.clone().into(),
            client.registration_hash.clone().into(),
            client.created_at.0.into(),
        ],
    )
}

/// Writes down a client as its document describes it, whether it is there already or not; returns its id.
pub(crate) fn describe(client: &Client) -> Stmt {
    let document = client.document.as_ref();
    Stmt::new(
        "INSERT INTO clients (id, tenant_id, name, metadata, registration_hash, created_at, document_url, document_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, metadata = excluded.metadata,
                                        document_until = excluded.document_until
         RETURNING id",
        vec![
            (&client.id).into(),
            (&client.tenant_id).into(),
            (&client.name).into(),
            (&client.text).into(),
            client.registration_hash.clone().into(),
            client.created_at.0.into(),
            document.map(|document| document.url.as_str()).into(),
            document.map(|document| document.fresh_until.0).into(),
        ],
    )
}

/// Notes that the document of a client says what it said.
pub(crate) fn keep_description(tenant_id: &str, id: &str, until: Time) -> Stmt {
    let sql = "UPDATE clients SET document_until = ?3 WHERE tenant_id = ?1 AND id = ?2";
    Stmt::new(sql, vec![tenant_id.into(), id.into(), until.0.into()])
}

/// Whether a tenant has the roles of a client's metadata.
fn has_roles(tenant: &str, metadata: &str) -> String {
    roles::has_all(tenant, &format!("coalesce(json_extract({metadata}, '$.roles'), '[]')"))
}

/// Replaces a client's name, metadata and secret, if it still is as it was read and the tenant has its roles; returns its
/// id if so.
pub(crate) fn update(was: &Client, client: &Client) -> Stmt {
    Stmt::new(
        format!(
            "UPDATE clients SET name = ?3, metadata = ?4, secret_hash = ?5
             WHERE tenant_id = ?1 AND id = ?2 AND metadata = ?6 AND secret_hash IS ?7 AND {} RETURNING id",
            has_roles("?1", "?4")
        ),
        vec![
            (&was.tenant_id).into(),
            (&was.id).into(),
            (&client.name).into(),
            (&client.text).into(),
            client.secret_hash.clone().into(),
            (&was.text).into(),
            was.secret_hash.clone().into(),
        ],
    )
}

/// Replaces the hash of a client's secret, if it still authenticates as it was read; returns its id if so.
pub(crate) fn set_secret(was: &Client, hash: &str) -> Stmt {
    Stmt::new(
        "UPDATE clients SET secret_hash = ?3 WHERE tenant_id = ?1 AND id = ?2 AND metadata = ?4 RETURNING id",
        vec![(&was.tenant_id).into(), (&was.id).into(), hash.into(), (&was.text).into()],
    )
}

/// Clients that registered themselves and whose last known use was before that time, the oldest first. Some may be in use:
/// what their grants tell is noted when these end, and by [`note_use`].
pub(crate) async fn maybe_unused(db: &dyn Database, since: Time, limit: i64) -> Result<Vec<Client>, Fault> {
    let sql = format!("SELECT * FROM clients WHERE {UNUSED} ORDER BY {LAST_USE} LIMIT ?2");
    one(db, Stmt::new(sql, vec![since.0.into(), limit.into()])).await?.iter().map(read).collect()
}

/// Notes the use of those of the clients that are in use: a grant of theirs lives, or was used since then.
pub(crate) fn note_use(ids: &[&str], since: Time, now: Time) -> Stmt {
    let of = "SELECT 1 FROM sessions WHERE sessions.client_id = clients.id";
    let lives = format!("EXISTS ({of} AND sessions.ended_at IS NULL AND sessions.expires_at > ?2)");
    let sql = format!(
        "UPDATE clients SET used_at = CASE WHEN {lives} THEN ?2 ELSE
           (SELECT max(seen_at) FROM sessions WHERE sessions.client_id = clients.id) END
         WHERE id IN (SELECT value FROM json_each(?3)) AND ({lives} OR EXISTS ({of} AND sessions.seen_at >= ?1))"
    );
    Stmt::new(sql, vec![since.0.into(), now.0.into(), json_text(&ids).into()])
}

/// Removes a client whose last known use was before that time; returns its id if it was.
pub(crate) fn delete_if_unused(id: &str, since: Time) -> Stmt {
    let sql = format!("DELETE FROM clients WHERE {UNUSED} AND id = ?2 RETURNING id");
    Stmt::new(sql, vec![since.0.into(), id.into()])
}

/// When a client was last used, as far as it is known; as the index has it.
const LAST_USE: &str = "coalesce(used_at, created_at)";

const UNUSED: &str = "registration_hash IS NOT NULL AND coalesce(used_at, created_at) < ?1";

/// Removes a client with all that was granted to it; returns its id if there was one.
pub(crate) fn delete(tenant_id: &str, id: &str) -> Stmt {
    let sql = "DELETE FROM clients WHERE tenant_id = ?1 AND id = ?2 RETURNING id";
    Stmt::new(sql, vec![tenant_id.into(), id.into()])
}

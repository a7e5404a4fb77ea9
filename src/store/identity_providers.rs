//! Identity providers of tenants.

use crate::model::identity_provider::IdentityProvider;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::logout_deliveries::owe;
use crate::store::{Columns, Listed, Page, json_text, one, roles};

/// An identity provider, as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredProvider {
    pub(crate) provider: IdentityProvider,
    /// Its spec as the database has it.
    text: String,
    /// The names of its mail domains, proved or not.
    pub(crate) domains: Vec<String>,
    pub(crate) created_at: Time,
}

const SELECT: &str = "SELECT identity_providers.*, (
    SELECT json_group_array(email_domains.domain) FROM email_domains
    WHERE email_domains.tenant_id = identity_providers.tenant_id
    AND email_domains.provider_id = identity_providers.id) AS domains
  FROM identity_providers";

fn read(row: &Row) -> Result<StoredProvider, Fault> {
    let columns = Columns(row);
    let mut domains: Vec<String> = columns.json("domains")?;
    domains.sort();
    Ok(StoredProvider {
        provider: read_provider(row)?,
        text: columns.text("spec")?,
        domains,
        created_at: columns.time("created_at")?,
    })
}

fn read_provider(row: &Row) -> Result<IdentityProvider, Fault> {
    let row = Columns(row);
    Ok(IdentityProvider {
        id: row.text("id")?,
        spec: row.json("spec")?,
        sealed_secret: row.maybe_text("sealed_secret")?,
    })
}

/// A page of a tenant's providers, by id.
pub(crate) async fn list(
    db: &dyn Database,
    tenant_id: &str,
    page: &Page,
) -> Result<Listed<StoredProvider>, Fault> {
    let sql = format!("{SELECT} WHERE tenant_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
    let after = page.after.clone().unwrap_or_default();
    let rows = one(db, Stmt::new(sql, vec![tenant_id.into(), after.into(), (page.limit + 1).into()])).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |stored: &StoredProvider| stored.provider.id.clone()))
}

/// A provider by id.
pub(crate) async fn by_id(
    db: &dyn Database,
    tenant_id: &str,
    id: &str,
) -> Result<Option<StoredProvider>, Fault> {
    let sql = format!("{SELECT} WHERE tenant_id = ?1 AND id = ?2");
    one(db, Stmt::new(sql, vec![tenant_id.into(), id.into()])).await?.first().map(read).transpose()
}

/// A tenant's enabled providers, by id.
pub(crate) async fn enabled(db: &dyn Database, tenant_id: &str) -> Result<Vec<IdentityProvider>, Fault> {
    let sql = "SELECT id, spec, sealed_secret FROM identity_providers
               WHERE tenant_id = ?1 AND coalesce(json_extract(spec, '$.enabled'), 1) ORDER BY id";
    one(db, Stmt::new(sql, vec![tenant_id.into()])).await?.iter().map(read_provider).collect()
}

/// Whether the tenant `?1` may have a provider of this spec: it has the roles that the map gives, and is an enterprise
/// organisation if the provider is an organisation's own.
fn is_sound(spec: &str) -> String {
    let roles = roles::has_all("?1", &format!("coalesce(json_extract({spec}, '$.roleMap.map'), '{{}}')"));
    format!(
        "{roles} AND (NOT coalesce(json_extract({spec}, '$.enabled'), 1) OR json_extract({spec}, '$.kind') NOT IN ('oidc', 'saml')
          OR EXISTS (SELECT 1 FROM tenants WHERE tenants.id = ?1 AND tenants.enterprise = 1))"
    )
}

/// Makes a provider; returns its id unless that is taken, the tenant has too many, or it may not have one like that.
pub(crate) fn insert(tenant_id: &str, provider: &IdentityProvider, most: i64, now: Time) -> Stmt {
    let sql = format!(
        "INSERT INTO identity_providers (tenant_id, id, spec, sealed_secret, created_at)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE {}
         AND (SELECT count(*) FROM identity_providers WHERE tenant_id = ?1) < ?6
         ON CONFLICT DO NOTHING RETURNING id",
        is_sound("?3")
    );
    let args: Vec<Arg> = vec![
        tenant_id.into(),
        (&provider.id).into(),
        json_text(&provider.spec).into(),
        provider.sealed_secret.clone().into(),
        now.0.into(),
        most.into(),
    ];
    Stmt::new(sql, args)
}

/// How many providers a tenant has.
pub(crate) async fn count(db: &dyn Database, tenant_id: &str) -> Result<i64, Fault> {
    let sql = "SELECT count(*) AS n FROM identity_providers WHERE tenant_id = ?1";
    one(db, Stmt::new(sql, vec![tenant_id.into()])).await?.first().map_or(Ok(0), |row| Columns(row).int("n"))
}

/// Replaces what a provider is, if it still is as it was read, and the tenant may have one like that; returns its id if so.
/// One that begins to be enforced has a verified domain.
pub(crate) fn update(tenant_id: &str, was: &StoredProvider, provider: &IdentityProvider) -> Stmt {
    let sql = format!(
        "UPDATE identity_providers SET spec = ?3, sealed_secret = ?4
         WHERE tenant_id = ?1 AND id = ?2 AND spec = ?5 AND sealed_secret IS ?6 AND {}
         AND (?7 = 0 OR EXISTS (SELECT 1 FROM email_domains AS held WHERE held.tenant_id = ?1
                                AND held.provider_id = ?2 AND held.status = 'verified')) RETURNING id",
        is_sound("?3")
    );
    let args: Vec<Arg> = vec![
        tenant_id.into(),
        (&provider.id).into(),
        json_text(&provider.spec).into(),
        provider.sealed_secret.clone().into(),
        (&was.text).into(),
        was.provider.sealed_secret.clone().into(),
        (provider.spec.enforced && !was.provider.spec.enforced).into(),
    ];
    Stmt::new(sql, args)
}

/// Changes nothing of a provider, and so says whether it is there to be deleted; returns its id if so.
pub(crate) fn release(tenant_id: &str, id: &str) -> Stmt {
    let sql = "UPDATE identity_providers SET spec = spec WHERE tenant_id = ?1 AND id = ?2 RETURNING id";
    Stmt::new(sql, vec![tenant_id.into(), id.into()])
}

/// Ends the sessions that began with a provider, and what was granted in them: first what their clients are owed, then the
/// end.
pub(crate) fn end_sessions(tenant_id: &str, id: &str, now: Time) -> [Stmt; 2] {
    let began = "SELECT sessions.id FROM identities JOIN sessions ON sessions.identity_id = identities.id
                 WHERE identities.tenant_id = ?2 AND identities.provider_id = ?3";
    let which = format!("(sessions.id IN ({began}) OR sessions.parent_id IN ({began}))");
    let end = format!("UPDATE sessions SET ended_at = ?1 WHERE sessions.ended_at IS NULL AND {which}");
    let args = || -> Vec<Arg> { vec![tenant_id.into(), id.into()] };
    let mut all: Vec<Arg> = vec![now.0.into()];
    all.extend(args());
    [owe(&which, now, args()), Stmt::new(end, all)]
}

/// Removes a provider; its identities and mail domains go by foreign key.
pub(crate) fn delete(tenant_id: &str, id: &str) -> Stmt {
    let sql = "DELETE FROM identity_providers WHERE tenant_id = ?1 AND id = ?2";
    Stmt::new(sql, vec![tenant_id.into(), id.into()])
}

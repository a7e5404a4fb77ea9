//! Mail domains of tenants, and the providers that their people sign in with.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::{Columns, one};

/// A mail domain of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailDomain {
    /// As addresses have it.
    pub(crate) domain: String,
    /// The provider that its people sign in with.
    pub(crate) provider_id: String,
    pub(crate) is_verified: bool,
    /// What its TXT record must say.
    pub(crate) token: String,
    pub(crate) created_at: Time,
    pub(crate) verified_at: Option<Time>,
}

fn read(row: &Row) -> Result<MailDomain, Fault> {
    let row = Columns(row);
    Ok(MailDomain {
        domain: row.text("domain")?,
        provider_id: row.text("provider_id")?,
        is_verified: row.text("status")? == "verified",
        token: row.text("token")?,
        created_at: row.time("created_at")?,
        verified_at: row.maybe_time("verified_at")?,
    })
}

/// The verified domains whose providers can be used, as `held` with its `provider` and `owner`: SQL behind `FROM`.
const IN_USE: &str = "email_domains AS held
  JOIN identity_providers AS provider ON provider.tenant_id = held.tenant_id AND provider.id = held.provider_id
  JOIN tenants AS owner ON owner.id = held.tenant_id
  WHERE held.status = 'verified' AND owner.status = 'active'
  AND coalesce(json_extract(provider.spec, '$.enabled'), 1)
  AND (owner.enterprise = 1 OR json_extract(provider.spec, '$.kind') NOT IN ('oidc', 'saml'))";

/// The SQL of the id of the provider with which alone the user of a row signs in, or null: that for which the domain of
/// their address is enforced in their tenant.
pub(super) fn enforced_provider(row: &str) -> String {
    format!(
        "(SELECT provider.id FROM {IN_USE} AND held.tenant_id = {row}.tenant_id AND json_extract(provider.spec, '$.enforced')
          AND substr({row}.email_key, -length(held.domain) - 1) = '@' || held.domain)"
    )
}

/// The SQL of whether a tenant, an SQL expression, has a domain that is enforced.
pub(super) fn is_any_enforced(tenant: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM {IN_USE} AND held.tenant_id = {tenant} AND json_extract(provider.spec, '$.enforced'))"
    )
}

/// The SQL of a JSON list: the verified domains of a directory, an SQL expression, whose providers can be used.
pub(super) fn in_use(directory: &str) -> String {
    format!(
        "(SELECT json_group_array(json_object(
            'domain', held.domain, 'tenantId', held.tenant_id, 'providerId', held.provider_id,
            'isEnforced', json(iif(json_extract(provider.spec, '$.enforced'), 'true', 'false'))))
          FROM {IN_USE} AND held.directory = {directory})"
    )
}

/// All mail domains of a tenant, by name.
pub(crate) async fn all(db: &dyn Database, tenant_id: &str) -> Result<Vec<MailDomain>, Fault> {
    let sql = "SELECT * FROM email_domains WHERE tenant_id = ?1 ORDER BY domain";
    one(db, Stmt::new(sql, vec![tenant_id.into()])).await?.iter().map(read).collect()
}

/// A mail domain of a tenant.
pub(crate) async fn by_name(
    db: &dyn Database,
    tenant_id: &str,
    domain: &str,
) -> Result<Option<MailDomain>, Fault> {
    let sql = "SELECT * FROM email_domains WHERE tenant_id = ?1 AND domain = ?2";
    one(db, Stmt::new(sql, vec![tenant_id.into(), domain.into()])).await?.first().map(read).transpose()
}

/// Whether another tenant has proved a domain.
pub(crate) async fn is_anothers(db: &dyn Database, tenant_id: &str, domain: &str) -> Result<bool, Fault> {
    let sql = format!("SELECT 1 AS n WHERE {ANOTHERS}");
    Ok(!one(db, Stmt::new(sql, vec![tenant_id.into(), domain.into()])).await?.is_empty())
}

/// Whether another tenant than `?1` has proved the domain `?2`.
const ANOTHERS: &str = "EXISTS (SELECT 1 FROM email_domains AS other
  WHERE other.domain = ?2 AND other.tenant_id <> ?1 AND other.status = 'verified')";

/// Makes a pending domain; returns its name unless the tenant has it or too many, there is no such provider, or another
/// tenant has proved it.
pub(crate) fn insert(
    tenant_id: &str,
    domain: &str,
    provider_id: &str,
    token: &str,
    most: i64,
    now: Time,
) -> Stmt {
    let sql = format!(
        "INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, directory)
         SELECT ?1, ?2, ?3, 'pending', ?4, ?5, (SELECT directory FROM tenants WHERE id = ?1)
         WHERE EXISTS (SELECT 1 FROM identity_providers WHERE tenant_id = ?1 AND id = ?3) AND NOT {ANOTHERS}
         AND (SELECT count(*) FROM email_domains WHERE tenant_id = ?1) < ?6
         ON CONFLICT DO NOTHING RETURNING domain"
    );
    let args: Vec<Arg> =
        vec![tenant_id.into(), domain.into(), provider_id.into(), token.into(), now.0.into(), most.into()];
    Stmt::new(sql, args)
}

/// Marks a domain proved that is as it was read; returns its name unless another tenant has proved it meanwhile.
pub(crate) fn verify(tenant_id: &str, was: &MailDomain, now: Time) -> Stmt {
    let sql = format!(
        "UPDATE email_domains SET status = 'verified', verified_at = ?5
         WHERE tenant_id = ?1 AND domain = ?2 AND provider_id = ?3 AND token = ?4 AND NOT {ANOTHERS} RETURNING domain"
    );
    let args: Vec<Arg> = vec![
        tenant_id.into(),
        (&was.domain).into(),
        (&was.provider_id).into(),
        (&was.token).into(),
        now.0.into(),
    ];
    Stmt::new(sql, args)
}

/// Makes a domain proved, by the operator's word, for that provider; returns its name unless there is no such provider, or
/// another tenant has proved it.
pub(crate) fn insert_verified(
    tenant_id: &str,
    domain: &str,
    provider_id: &str,
    token: &str,
    now: Time,
) -> Stmt {
    let sql = format!(
        "INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, verified_at, directory)
         SELECT ?1, ?2, ?3, 'verified', ?4, ?5, ?5, (SELECT directory FROM tenants WHERE id = ?1)
         WHERE EXISTS (SELECT 1 FROM identity_providers WHERE tenant_id = ?1 AND id = ?3) AND NOT {ANOTHERS}
         ON CONFLICT (tenant_id, domain) DO UPDATE SET provider_id = ?3, status = 'verified', verified_at = ?5
         RETURNING domain"
    );
    Stmt::new(sql, vec![tenant_id.into(), domain.into(), provider_id.into(), token.into(), now.0.into()])
}

/// Removes a domain of a tenant; returns its name if it had it.
pub(crate) fn delete(tenant_id: &str, domain: &str) -> Stmt {
    let sql = "DELETE FROM email_domains WHERE tenant_id = ?1 AND domain = ?2 RETURNING domain";
    Stmt::new(sql, vec![tenant_id.into(), domain.into()])
}

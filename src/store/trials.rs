//! Trial tenants: made by a first sign-in with a provider, one for each organisation or person there.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Stmt};
use crate::store::tenants::TenantRow;
use crate::store::{Columns, one};

/// Whose trial tenant it is, by what a provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) issuer: String,
    /// The organisation, or the person.
    pub(crate) holder: String,
}

/// How many trial tenants one address makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cap {
    /// The hash of the address; `None` where there is none, and no cap.
    pub(crate) address_hash: Option<String>,
    /// At most so many
    pub(crate) most: i64,
    /// since then.
    pub(crate) since: Time,
}

/// The number of an address's trial tenants: `?1` is its hash, `?2` since when.
const MADE: &str = "(SELECT count(*) FROM trials WHERE address_hash = ?1 AND created_at > ?2)";

/// Makes the tenant of a trial, unless there is one, or its address made too many; returns its id if so.
pub(crate) fn insert_tenant(tenant: &TenantRow, of: &Holder, cap: &Cap) -> Stmt {
    let sql = format!(
        "INSERT INTO tenants (id, name, directory, settings, status, created_at) SELECT ?4, ?5, ?6, ?7, ?8, ?9
         WHERE NOT EXISTS (SELECT 1 FROM trials WHERE issuer = ?10 AND holder = ?11) AND (?1 IS NULL OR {MADE} < ?3)
         ON CONFLICT DO NOTHING RETURNING id"
    );
    let args: Vec<Arg> = vec![
        cap.address_hash.clone().into(),
        cap.since.0.into(),
        cap.most.into(),
        (&tenant.id).into(),
        (&tenant.name).into(),
        (&tenant.directory).into(),
        (&tenant.settings).into(),
        tenant.status.as_str().into(),
        tenant.created_at.0.into(),
        (&of.issuer).into(),
        (&of.holder).into(),
    ];
    Stmt::new(sql, args)
}

/// Notes whose trial a tenant is.
pub(crate) fn insert(of: &Holder, tenant_id: &str, address_hash: Option<&str>, now: Time) -> Stmt {
    let sql = "INSERT INTO trials (issuer, holder, tenant_id, address_hash, created_at)
               SELECT ?1, ?2, ?3, ?4, ?5 WHERE true ON CONFLICT DO NOTHING";
    let args =
        vec![(&of.issuer).into(), (&of.holder).into(), tenant_id.into(), address_hash.into(), now.0.into()];
    Stmt::new(sql, args)
}

/// The trial tenant of a holder, and whether its address has made too many.
pub(crate) async fn find(db: &dyn Database, of: &Holder, cap: &Cap) -> Result<(Option<String>, bool), Fault> {
    let sql = format!(
        "SELECT (SELECT tenant_id FROM trials WHERE issuer = ?4 AND holder = ?5) AS tenant_id,
                (?1 IS NOT NULL AND {MADE} >= ?3) AS is_capped"
    );
    let args: Vec<Arg> = vec![
        cap.address_hash.clone().into(),
        cap.since.0.into(),
        cap.most.into(),
        (&of.issuer).into(),
        (&of.holder).into(),
    ];
    let rows = one(db, Stmt::new(sql, args)).await?;
    let row = rows.first().ok_or_else(|| Fault::new("store", "no row"))?;
    Ok((Columns(row).maybe_text("tenant_id")?, Columns(row).flag("is_capped")?))
}

/// Trial tenants that nobody has signed in to since then, some of them.
pub(crate) async fn unused(db: &dyn Database, since: Time) -> Result<Vec<String>, Fault> {
    let sql = "SELECT tenant_id FROM trials WHERE converted_at IS NULL AND created_at < ?1
               AND NOT EXISTS (SELECT 1 FROM users WHERE users.tenant_id = trials.tenant_id
                               AND coalesce(users.last_login_at, users.created_at) >= ?1)
               AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.tenant_id = trials.tenant_id
                               AND sessions.seen_at >= ?1)
               ORDER BY created_at LIMIT 20";
    let rows = one(db, Stmt::new(sql, vec![since.0.into()])).await?;
    rows.iter().map(|row| Columns(row).text("tenant_id")).collect()
}

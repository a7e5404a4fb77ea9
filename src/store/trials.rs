//! Trial tenants: made by a first sign-in with a provider, one for each organisation or person there.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Stmt};
use crate::store::tenants::{self, TenantRow};
use crate::store::trial_holders::Holder;
use crate::store::{Columns, one};

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

/// The number of an address's trial tenants, by its hash and since when; all of it SQL.
fn made(hash: &str, since: &str) -> String {
    format!("(SELECT count(*) FROM trials WHERE address_hash = {hash} AND created_at > {since})")
}

/// Makes the tenant of a trial, unless there is one, or its address made too many; returns its id if so.
pub(crate) fn insert_tenant(tenant: &TenantRow, of: &Holder, cap: &Cap) -> Stmt {
    let mut stmt = tenants::insert(tenant);
    let mut place = |arg: Arg| {
        stmt.args.push(arg);
        format!("?{}", stmt.args.len())
    };
    let (issuer, holder) = (place((&of.issuer).into()), place((&of.holder).into()));
    let (hash, since) = (place(cap.address_hash.clone().into()), place(cap.since.0.into()));
    let (most, made) = (place(cap.most.into()), made(&hash, &since));
    stmt.and_also(&format!(
        "NOT EXISTS (SELECT 1 FROM trials WHERE issuer = {issuer} AND holder = {holder})
         AND ({hash} IS NULL OR {made} < {most})"
    ))
}

/// Notes whose trial a tenant is.
pub(crate) fn insert(of: &Holder, tenant_id: &str, address_hash: Option<&str>, now: Time) -> Stmt {
    let sql = "INSERT INTO trials (issuer, holder, tenant_id, address_hash, created_at, used_at)
               SELECT ?1, ?2, ?3, ?4, ?5, ?5 WHERE true ON CONFLICT DO NOTHING";
    let args =
        vec![(&of.issuer).into(), (&of.holder).into(), tenant_id.into(), address_hash.into(), now.0.into()];
    Stmt::new(sql, args)
}

/// The trial tenant of a holder, and whether its address has made too many.
pub(crate) async fn find(db: &dyn Database, of: &Holder, cap: &Cap) -> Result<(Option<String>, bool), Fault> {
    let sql = format!(
        "SELECT (SELECT tenant_id FROM trials WHERE issuer = ?4 AND holder = ?5) AS tenant_id,
                (?1 IS NOT NULL AND {} >= ?3) AS is_capped",
        made("?1", "?2")
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

/// Makes a tenant that is a trial one like others, from then on.
pub(crate) fn convert(tenant_id: &str, now: Time) -> Stmt {
    let sql = "UPDATE trials SET converted_at = ?2 WHERE tenant_id = ?1 AND converted_at IS NULL";
    Stmt::new(sql, vec![tenant_id.into(), now.0.into()])
}

/// Trial tenants that nobody has signed in to since then, some of them.
pub(crate) async fn unused(db: &dyn Database, since: Time) -> Result<Vec<String>, Fault> {
    let sql = format!("SELECT tenant_id FROM trials WHERE {UNUSED} ORDER BY used_at LIMIT 20");
    let rows = one(db, Stmt::new(sql, vec![since.0.into()])).await?;
    rows.iter().map(|row| Columns(row).text("tenant_id")).collect()
}

/// Changes nothing of a tenant, and so says whether it is a trial that nobody has signed in to since then, to be deleted;
/// returns its id if so.
pub(crate) fn release_unused(id: &str, since: Time) -> Stmt {
    let sql = format!(
        "UPDATE tenants SET status = status
         WHERE EXISTS (SELECT 1 FROM trials WHERE trials.tenant_id = ?2 AND {UNUSED}) AND id = ?2 RETURNING id"
    );
    Stmt::new(sql, vec![since.0.into(), id.into()])
}

/// A Worker of the version before makes trials without a time of use.
const UNUSED: &str = "trials.converted_at IS NULL AND trials.used_at < ?1 AND trials.created_at < ?1";

//! Tenants and their custom hosts.

use crate::model::mail_domains::VerifiedDomain;
use crate::model::role::DEFAULT_PLAN;
use crate::model::state::TenantStatus;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::trial_holders::{self, Trial};
use crate::store::window::{self, Window};
use crate::store::{Columns, Listed, Page, administrators, email_domains, one, plans, roles};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TenantRow {
    pub(crate) id: String,
    /// Its display name.
    pub(crate) name: String,
    /// Whose e-mail namespace its users are in.
    pub(crate) directory: String,
    /// Its settings, JSON text.
    pub(crate) settings: String,
    /// Whether it is there for anybody but the operator.
    pub(crate) status: TenantStatus,
    /// Whether it may sign its people in with its own provider.
    pub(crate) enterprise: bool,
    /// The host that is its own.
    pub(crate) host: Option<String>,
    /// The verified mail domains that count in its directory, each of a provider that can be used; only of a tenant
    /// that was asked for by id.
    pub(crate) domains: Vec<VerifiedDomain>,
    /// Whose trial it is, while it is one; only of a tenant that the operator asked for.
    pub(crate) trial: Option<Trial>,
    /// When it was made.
    pub(crate) created_at: Time,
}

/// A host is one of the tenant's, should it have more.
const SELECT: &str =
    "SELECT tenants.*, (SELECT min(host) FROM tenant_hosts WHERE tenant_id = tenants.id) AS host
                      FROM tenants";

fn read(row: &Row) -> Result<TenantRow, Fault> {
    let row = Columns(row);
    Ok(TenantRow {
        id: row.text("id")?,
        name: row.text("name")?,
        directory: row.text("directory")?,
        settings: row.text("settings")?,
        status: row.state("status")?,
        enterprise: row.flag("enterprise")?,
        host: row.maybe_text("host")?,
        domains: Vec::new(),
        trial: None,
        created_at: row.time("created_at")?,
    })
}

/// With what only the operator is told.
fn read_for_operator(row: &Row) -> Result<TenantRow, Fault> {
    Ok(TenantRow { trial: trial_holders::read(row)?, ..read(row)? })
}

fn select_for_operator() -> String {
    SELECT.replacen("tenants.*", &format!("tenants.*, {} AS trial", trial_holders::OF_TENANT), 1)
}

/// The statement of a tenant with the mail domains that count there, and what it has of its own, up to its `WHERE`.
pub(super) fn select_with_domains() -> String {
    let domains = email_domains::in_use("tenants.directory");
    let more = format!(
        "tenants.*, {domains} AS domains,
         EXISTS (SELECT 1 FROM identity_providers WHERE tenant_id = tenants.id) AS has_providers,
         EXISTS (SELECT 1 FROM mail_templates WHERE tenant_id = tenants.id) AS has_own_mails,
         (SELECT json_group_array(name) FROM templates WHERE tenant_id = tenants.id) AS own_pages"
    );
    SELECT.replacen("tenants.*", &more, 1)
}

/// What [`select_with_domains`] answers.
pub(super) fn read_with_domains(row: &Row) -> Result<TenantRow, Fault> {
    Ok(TenantRow { domains: Columns(row).json("domains")?, ..read(row)? })
}

/// A tenant, with the mail domains that count there.
pub(crate) async fn by_id(db: &dyn Database, id: &str) -> Result<Option<TenantRow>, Fault> {
    let stmt = Stmt::new(format!("{} WHERE id = ?1", select_with_domains()), vec![id.into()]);
    one(db, stmt).await?.first().map(read_with_domains).transpose()
}

/// Asks whose a host is.
pub(crate) fn whose(host: &str) -> Stmt {
    Stmt::new("SELECT tenant_id FROM tenant_hosts WHERE host = ?1", vec![host.into()])
}

/// What [`whose`] answers.
pub(crate) fn read_whose(rows: &[Row]) -> Result<Option<String>, Fault> {
    rows.first().map(|row| Columns(row).text("tenant_id")).transpose()
}

/// The tenant that a host belongs to.
pub(crate) async fn id_by_host(db: &dyn Database, host: &str) -> Result<Option<String>, Fault> {
    read_whose(&one(db, whose(host)).await?)
}

/// A tenant, as its operator sees it.
pub(crate) async fn for_operator(db: &dyn Database, id: &str) -> Result<Option<TenantRow>, Fault> {
    let sql = format!("{} WHERE id = ?1", select_for_operator());
    one(db, Stmt::new(sql, vec![id.into()])).await?.first().map(read_for_operator).transpose()
}

/// A page of all tenants, by id; of the trials alone, or of all but them, if that is asked for.
pub(crate) async fn list(
    db: &dyn Database,
    trials: Option<bool>,
    page: &Page,
) -> Result<Listed<TenantRow>, Fault> {
    let after = page.after.clone().unwrap_or_default();
    let select = select_for_operator();
    let args: Vec<Arg> = vec![(&after).into(), (page.limit + 1).into()];
    let id = |tenant: &TenantRow| tenant.id.clone();
    let sql = match trials {
        None => format!("{select} WHERE id > ?1 ORDER BY id LIMIT ?2"),
        Some(true) => format!(
            "{} WHERE live.converted_at IS NULL AND live.tenant_id > ?1 ORDER BY live.tenant_id LIMIT ?2",
            select.replace(
                "FROM tenants",
                "FROM trials AS live CROSS JOIN tenants ON tenants.id = live.tenant_id"
            )
        ),
        Some(false) => {
            let (columns, _) = select.rsplit_once(" FROM tenants").unwrap_or_default();
            let window = Window {
                rows: "SELECT * FROM tenants WHERE id > ?1 ORDER BY id".into(),
                name: "tenants",
                narrowed: "WHERE NOT EXISTS (SELECT 1 FROM trials WHERE trials.tenant_id = tenants.id
                                             AND trials.converted_at IS NULL)"
                    .into(),
                columns: columns.trim_start_matches("SELECT "),
                key: "id",
                limit: "?2".into(),
                args,
            };
            return window::list(db, window, page, read_for_operator, id).await;
        }
    };
    let rows = one(db, Stmt::new(sql, args)).await?;
    let items = rows.iter().map(read_for_operator).collect::<Result<_, _>>()?;
    Ok(page.cut(items, id))
}

/// Makes a tenant; returns its id unless that or its host is taken.
pub(crate) fn insert(tenant: &TenantRow) -> Stmt {
    Stmt::new(
        "INSERT INTO tenants (id, name, directory, settings, status, created_at, enterprise)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?8
         WHERE NOT EXISTS (SELECT 1 FROM tenant_hosts WHERE host = ?7) ON CONFLICT DO NOTHING RETURNING id",
        vec![
            (&tenant.id).into(),
            (&tenant.name).into(),
            (&tenant.directory).into(),
            (&tenant.settings).into(),
            tenant.status.as_str().into(),
            tenant.created_at.0.into(),
            tenant.host.clone().into(),
            tenant.enterprise.into(),
        ],
    )
}

/// Gives a host to a tenant.
pub(crate) fn insert_host(host: &str, tenant_id: &str) -> Stmt {
    let sql = "INSERT INTO tenant_hosts (host, tenant_id) SELECT ?1, id FROM tenants WHERE id = ?2";
    Stmt::new(sql, vec![host.into(), tenant_id.into()])
}

/// What is changed of a tenant's row; each `None` leaves it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RowChanges<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) status: Option<TenantStatus>,
    pub(crate) enterprise: Option<bool>,
}

/// Changes a tenant's row, unless the host that it is to have is another's; returns the id if so. [`move_host`] gives it
/// the host.
pub(crate) fn update(id: &str, changes: RowChanges<'_>, host: Option<&str>) -> Stmt {
    let sql = "UPDATE tenants SET name = coalesce(?3, name), status = coalesce(?4, status),
                                  enterprise = coalesce(?5, enterprise) WHERE id = ?1
               AND NOT EXISTS (SELECT 1 FROM tenant_hosts other WHERE other.host = ?2 AND other.tenant_id <> ?1)
               RETURNING id";
    let status = changes.status.map(TenantStatus::as_str);
    let enterprise = changes.enterprise.map(i64::from);
    let args = vec![id.into(), host.into(), changes.name.into(), status.into(), enterprise.into()];
    Stmt::new(sql, args)
}

/// Replaces a tenant's host, or takes it away.
pub(crate) fn move_host(id: &str, host: Option<&str>) -> [Stmt; 2] {
    let args = || vec![Arg::from(id), host.into()];
    let take = "DELETE FROM tenant_hosts WHERE tenant_id = ?1 AND host IS NOT ?2";
    let give = "INSERT OR IGNORE INTO tenant_hosts (host, tenant_id)
                SELECT ?2, id FROM tenants WHERE id = ?1 AND ?2 IS NOT NULL";
    [Stmt::new(take, args()), Stmt::new(give, args())]
}

/// Changes nothing of a tenant, and so says whether it is there to be deleted.
pub(crate) fn release(id: &str) -> Stmt {
    Stmt::new("UPDATE tenants SET status = status WHERE id = ?1 RETURNING id", vec![id.into()])
}

/// Removes a tenant; what belongs to it goes by foreign key.
pub(crate) fn delete(id: &str) -> Stmt {
    Stmt::new("DELETE FROM tenants WHERE id = ?1", vec![id.into()])
}

/// What must hold for settings to be changed, besides that they are as they were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Must {
    /// That an active administrator remains where an address must be confirmed from now on.
    pub(crate) spare_an_administrator: bool,
    /// That the tenant has the roles of those who register.
    pub(crate) know_roles: bool,
    /// That the plan which was the default has a row, or nothing names it.
    pub(crate) keep_plan: bool,
}

/// Replaces a tenant's settings, if they still are as they were read and that holds; returns the id if so.
pub(crate) fn set_settings(id: &str, was: &str, settings: &str, must: Must) -> Stmt {
    let args: Vec<Arg> = vec![settings.into(), id.into(), was.into()];
    let old = format!("coalesce(json_extract(?3, '$.defaultPlan'), '{DEFAULT_PLAN}')");
    let holds = [
        (must.spare_an_administrator, administrators::spares_unconfirmed()),
        (must.know_roles, roles::has_all("?2", "json_extract(?1, '$.defaultRoles')")),
        (must.keep_plan, format!("({} OR NOT {})", plans::has_row("?2", &old), plans::in_use("?2", &old))),
    ];
    let holds: String =
        holds.into_iter().filter(|(asked, _)| *asked).map(|(_, holds)| format!(" AND {holds}")).collect();
    let sql = format!(
        "UPDATE tenants SET settings = ?1 WHERE tenants.id = ?2 AND settings = ?3{holds} RETURNING id"
    );
    Stmt::new(sql, args)
}

/// Names a tenant, if that user is its operator.
pub(crate) fn name_for_operator(id: &str, name: &str, user_id: &str) -> Stmt {
    let sql = "UPDATE tenants SET name = ?2 WHERE id = ?1
               AND EXISTS (SELECT 1 FROM users WHERE id = ?3 AND tenant_id = ?1 AND operator = 1)";
    Stmt::new(sql, vec![id.into(), name.into(), user_id.into()])
}

//! What an isolate needs of a tenant before it can serve a request for it, in one batch.

use crate::model::route::RouteTable;
use crate::model::state::TenantStatus;
use crate::model::time::Time;
use crate::ports::{Fault, Row, Rows, Stmt};
use crate::store::keys::{self, KeyRow};
use crate::store::tenant_ref::TenantRef;
use crate::store::tenants::{self, TenantRow};
use crate::store::{Columns, plans, roles, routes};

/// What a tenant has of its own: what it has not is not asked for.
#[derive(Debug)]
pub(crate) struct Own {
    /// Whether it has identity providers, enabled or not.
    pub(crate) has_providers: bool,
    /// Whether it has mails in its own words.
    pub(crate) has_mails: bool,
    /// The names of its own pages.
    pub(crate) pages: Vec<String>,
}

/// What is read of a tenant.
#[derive(Debug)]
pub(crate) struct TenancyRows {
    pub(crate) tenant: TenantRow,
    pub(crate) own: Own,
    pub(crate) keys: Vec<KeyRow>,
    /// A fault where a route of its cannot be read: the rest of the tenant goes on.
    pub(crate) routes: Result<RouteTable, Fault>,
}

impl TenancyRows {
    /// Whether it is there for anybody but the operator.
    pub(crate) fn is_active(&self) -> bool {
        self.tenant.status == TenantStatus::Active
    }
}

fn read_own(row: &Row) -> Result<Own, Fault> {
    let row = Columns(row);
    Ok(Own {
        has_providers: row.flag("has_providers")?,
        has_mails: row.flag("has_own_mails")?,
        pages: row.json("own_pages")?,
    })
}

/// How many statements [`ask`] has.
pub(crate) const STATEMENTS: usize = 5;

/// Asks for a tenant.
pub(crate) fn ask(tenant: &TenantRef, now: Time) -> [Stmt; STATEMENTS] {
    [
        tenant.stmt(&format!("{} WHERE id = {{tenant}}", tenants::select_with_domains())),
        keys::select(tenant, now),
        tenant.stmt(routes::OF_TENANT),
        tenant.stmt(roles::OF_TENANT),
        tenant.stmt(plans::OF_TENANT),
    ]
}

/// What [`ask`] answers; `None` if there is no such tenant.
pub(crate) fn read(answers: &[Rows]) -> Result<Option<TenancyRows>, Fault> {
    let [tenant, key_rows, routes, role_rows, plan_rows] = answers else {
        return Err(Fault::new("store", "a batch answered otherwise"));
    };
    let Some(row) = tenant.first() else { return Ok(None) };
    Ok(Some(TenancyRows {
        tenant: tenants::read_with_domains(row)?,
        own: read_own(row)?,
        keys: key_rows.iter().map(keys::read).collect::<Result<_, _>>()?,
        routes: routes::read_table(routes, role_rows, plan_rows),
    }))
}

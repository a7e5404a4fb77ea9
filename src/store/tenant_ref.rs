//! How the statements of one batch name a tenant whose id need not be known yet.

use crate::ports::{Arg, Stmt};

/// A tenant as statements name it: an SQL expression of its id, and the arguments that stand in that.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TenantRef {
    pub(crate) sql: String,
    pub(crate) args: Vec<Arg>,
}

impl TenantRef {
    /// The one of that id.
    pub(crate) fn by_id(id: &str) -> TenantRef {
        TenantRef { sql: "?1".into(), args: vec![id.into()] }
    }

    /// The one that a host belongs to, `not` that one; else the other, if there is one.
    pub(crate) fn by_host(host: &str, not: Option<&str>, other: Option<&str>) -> TenantRef {
        TenantRef {
            sql: "coalesce((SELECT tenant_id FROM tenant_hosts WHERE host = ?1 AND tenant_id IS NOT ?2), ?3)"
                .into(),
            args: vec![host.into(), not.into(), other.into()],
        }
    }

    /// A statement in which `{tenant}` is the tenant.
    pub(super) fn stmt(&self, sql: &str) -> Stmt {
        Stmt::new(sql.replace("{tenant}", &self.sql), self.args.clone())
    }
}

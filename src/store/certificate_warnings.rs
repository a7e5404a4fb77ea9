//! When administrators are told that certificates of SAML providers end, theirs and ours.

use crate::model::identity_provider::ProviderSpec;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::administrators::{holders, is_active};
use crate::store::users::{self, User};
use crate::store::{Columns, one};

/// Whose certificates they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whose<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) provider_id: &'a str,
    /// Whether they are ours for the provider, and not its own.
    pub(crate) ours: bool,
}

impl Whose<'_> {
    fn args(&self) -> Vec<Arg> {
        vec![self.tenant_id.into(), self.provider_id.into(), self.ours.into()]
    }
}

/// Sets when they are told of next; never, if that is nothing.
pub(crate) fn set(whose: &Whose<'_>, at: Option<Time>) -> Stmt {
    let mut args = whose.args();
    let Some(at) = at else {
        let sql = "DELETE FROM certificate_warnings WHERE tenant_id = ?1 AND provider_id = ?2 AND ours = ?3";
        return Stmt::new(sql, args);
    };
    args.push(at.0.into());
    let sql = "INSERT INTO certificate_warnings (tenant_id, provider_id, ours, warn_at)
               SELECT ?1, ?2, ?3, ?4 WHERE true
               ON CONFLICT (tenant_id, provider_id, ours) DO UPDATE SET warn_at = excluded.warn_at";
    Stmt::new(sql, args)
}

/// A warning whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) tenant_id: String,
    pub(crate) provider_id: String,
    pub(crate) ours: bool,
    pub(crate) warn_at: Time,
    /// The provider; `None` if it cannot be read, which holds up no other warning.
    pub(crate) spec: Option<ProviderSpec>,
    /// The certificate of the key that we sign with, in base64 of DER.
    pub(crate) own: Option<String>,
}

/// The warnings whose time has come, of all tenants, the oldest first, at most this many.
pub(crate) async fn due(db: &dyn Database, limit: i64, now: Time) -> Result<Vec<Due>, Fault> {
    let sql = "SELECT warnings.*, spec,
                      (SELECT certificate FROM saml_keys
                       WHERE saml_keys.tenant_id = warnings.tenant_id
                       AND saml_keys.provider_id = warnings.provider_id AND active_at IS NOT NULL
                       ORDER BY turn DESC LIMIT 1) AS own
               FROM certificate_warnings AS warnings
               JOIN identity_providers ON identity_providers.tenant_id = warnings.tenant_id
                                       AND identity_providers.id = warnings.provider_id
               WHERE warn_at <= ?1 ORDER BY warn_at LIMIT ?2";
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(Due {
            tenant_id: row.text("tenant_id")?,
            provider_id: row.text("provider_id")?,
            ours: row.flag("ours")?,
            warn_at: row.time("warn_at")?,
            spec: row.json("spec").ok(),
            own: row.maybe_text("own")?,
        })
    };
    one(db, Stmt::new(sql, vec![now.0.into(), limit.into()])).await?.iter().map(read).collect()
}

/// Who is told: the active administrators of a tenant, at most fifty.
pub(crate) async fn readers(db: &dyn Database, tenant_id: &str) -> Result<Vec<User>, Fault> {
    let sql = format!(
        "SELECT users.* FROM {} AND {} ORDER BY holding.user_id LIMIT 50",
        holders("?1", "users"),
        is_active("users")
    );
    one(db, Stmt::new(sql, vec![tenant_id.into()])).await?.iter().map(users::read).collect()
}

/// Takes a warning, of many at once one does, and sets the next time; returns its provider if so.
pub(crate) fn take(whose: &Whose<'_>, was: Time, next: Option<Time>) -> Stmt {
    let which =
        "WHERE tenant_id = ?1 AND provider_id = ?2 AND ours = ?3 AND warn_at = ?4 RETURNING provider_id";
    let mut args = whose.args();
    args.push(was.0.into());
    match next {
        Some(next) => {
            args.push(next.0.into());
            Stmt::new(format!("UPDATE certificate_warnings SET warn_at = ?5 {which}"), args)
        }
        None => Stmt::new(format!("DELETE FROM certificate_warnings {which}"), args),
    }
}

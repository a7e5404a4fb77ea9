//! What second factors a user has.

use std::collections::BTreeMap;

use crate::model::state::Mfa;
use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::authenticators::Authenticator;
use crate::store::users::User;
use crate::store::{Columns, one};

/// A user's second factors at one instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Factors {
    /// The authenticator app.
    pub(crate) authenticator: Option<Authenticator>,
    /// How many backup codes are left.
    pub(crate) backup_codes: i64,
    /// Sealed keys that hashes of backup codes may be under, by their ids.
    pub(crate) kept_keys: BTreeMap<String, String>,
    /// How many passkeys there are.
    pub(crate) passkeys: i64,
    /// Since when the browser that asks is trusted, if it is.
    pub(crate) trusted_since: Option<Time>,
}

impl Factors {
    /// Whether the user of these has anything that could be a second factor.
    pub(crate) fn any(&self, user: &User) -> bool {
        self.authenticator.is_some() || self.passkeys > 0 || user.mfa == Mfa::Email
    }
}

/// The question for the second factors of a user, and since when a browser is trusted: both as SQL.
pub(crate) fn sql(user_id: &str, trusted: &str) -> String {
    format!(
        "SELECT (SELECT sealed_secret FROM authenticators WHERE user_id = {user_id}) AS sealed_secret,
                (SELECT last_step FROM authenticators WHERE user_id = {user_id}) AS last_step,
                (SELECT count(*) FROM backup_codes WHERE user_id = {user_id} AND used_at IS NULL) AS backup_codes,
                (SELECT json_group_object(key_id, sealed) FROM kept_keys
                 WHERE tenant_id = (SELECT tenant_id FROM users WHERE id = {user_id})) AS kept_keys,
                (SELECT count(*) FROM passkeys WHERE user_id = {user_id}) AS passkeys, {trusted} AS trusted_since"
    )
}

pub(crate) fn read(row: &Row) -> Result<Factors, Fault> {
    let row = Columns(row);
    let app = row.maybe_text("sealed_secret")?.zip(row.maybe_int("last_step")?);
    Ok(Factors {
        authenticator: app.map(|(sealed_secret, last_step)| Authenticator { sealed_secret, last_step }),
        backup_codes: row.int("backup_codes")?,
        kept_keys: row.json("kept_keys")?,
        passkeys: row.int("passkeys")?,
        trusted_since: row.maybe_time("trusted_since")?,
    })
}

/// A user's second factors; `device` is the hash of the cookie that makes a browser a trusted one.
pub(crate) async fn of(
    db: &dyn Database,
    user_id: &str,
    device: Option<&str>,
    now: Time,
) -> Result<Factors, Fault> {
    let trusted =
        "(SELECT created_at FROM trusted_devices WHERE user_id = ?1 AND hash = ?2 AND expires_at > ?3)";
    let stmt = Stmt::new(sql("?1", trusted), vec![user_id.into(), device.into(), now.0.into()]);
    one(db, stmt).await?.first().map(read).transpose().map(Option::unwrap_or_default)
}

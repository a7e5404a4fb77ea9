//! What second factors a user has.

use std::collections::BTreeMap;

use crate::model::state::Mfa;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::authenticators::Authenticator;
use crate::store::users::{self, User};
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
    let stmt = Stmt::new(sql("?1", TRUSTED), vec![user_id.into(), device.into(), now.0.into()]);
    one(db, stmt).await?.first().map(read).transpose().map(Option::unwrap_or_default)
}

/// Since when the browser of `?2` is trusted by the user of `?1`, at `?3`.
const TRUSTED: &str =
    "(SELECT created_at FROM trusted_devices WHERE user_id = ?1 AND hash = ?2 AND expires_at > ?3)";

/// A user of a directory by address, and their second factors, in one round trip.
pub(crate) async fn by_email(
    db: &dyn Database,
    directory: &str,
    email_key: &str,
    device: Option<&str>,
    now: Time,
) -> Result<Option<(User, Factors)>, Fault> {
    let id = "(SELECT id FROM users WHERE directory = ?4 AND email_key = ?1)";
    let trusted = TRUSTED.replace("?1", id);
    let args = vec![email_key.into(), device.into(), now.0.into(), directory.into()];
    let answers =
        db.run(vec![users::with_email(directory, email_key), Stmt::new(sql(id, &trusted), args)]).await?;
    let [users, factors] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of two answered otherwise"));
    };
    let (Some(user), Some(factors)) = (users.first(), factors.first()) else { return Ok(None) };
    Ok(Some((users::read(user)?, read(factors)?)))
}

/// A user of a tenant by id, and their second factors, in one round trip.
pub(crate) async fn by_id(
    db: &dyn Database,
    tenant_id: &str,
    id: &str,
    now: Time,
) -> Result<Option<(User, Factors)>, Fault> {
    let factors = Stmt::new(sql("?1", TRUSTED), vec![id.into(), Arg::Null, now.0.into()]);
    let answers = db.run(vec![users::with_id(tenant_id, id), factors]).await?;
    let [users, factors] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of two answered otherwise"));
    };
    let (Some(user), Some(factors)) = (users.first(), factors.first()) else { return Ok(None) };
    Ok(Some((users::read(user)?, read(factors)?)))
}

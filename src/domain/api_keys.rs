//! API keys: `{prefix}_{id}_{secret}` with a checksum, shown once, stored as a hash.

use crate::crypto::secret::{checksum, letters, stored};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::principal::Session;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::model::scope::{Scopes, is_scope};
use crate::model::time::Time;
use crate::store::api_keys::ApiKey;
use crate::store::{self, Listed, Page};

/// How many keys one user may have.
const MOST: i64 = 100;

/// What is wanted of a key.
pub struct NewKey<'a> {
    /// What its owner calls it.
    pub name: &'a str,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it ends, RFC 3339.
    pub expires_at: Option<&'a str>,
}

/// Makes a key for the caller. Scopes narrow what a key may do, so that one key cannot do another's work;
/// what tells people apart are roles. A client makes no key that may do more than it. The second value is the key, which nobody can read again.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::Conflict`] beyond a hundred keys.
pub async fn create(cx: &Cx, session: &Session, new: NewKey<'_>) -> Result<(ApiKey, String), Error> {
    if new.name.trim().is_empty() || new.name.len() > 100 {
        return Err(invalid("name", "1 to 100 characters"));
    }
    let scopes = Some(&new.scopes).filter(|scopes| scopes.iter().all(|scope| is_scope(scope)));
    let scopes = scopes.and_then(|scopes| Scopes::parse(scopes.iter().map(String::as_str)));
    let scopes =
        scopes.ok_or_else(|| invalid("scopes", "read, write, webhooks:manage or resource:action"))?;
    if session.client_id.is_some() && !session.scopes.hold(scopes.tokens()) {
        return Err(Refusal::ScopeMissing(scopes.tokens().to_vec()).into());
    }
    let expires_at = match new.expires_at {
        None => None,
        Some(text) => Some(
            Time::parse(text)
                .filter(|at| *at > cx.now)
                .ok_or_else(|| invalid("expiresAt", "a time to come, as 2030-01-31T00:00:00Z"))?,
        ),
    };
    if store::api_keys::count(cx.db.as_ref(), &session.user.id).await? >= MOST {
        return Err(Refusal::Conflict("a user has at most 100 API keys").into());
    }
    let prefix = &session.tenant.settings.api_key_prefix;
    let id = key_id(cx);
    let start = format!("{prefix}_{id}_{}", letters(&cx.random::<32>()));
    let key = format!("{start}{}", checksum(&start));
    let row = ApiKey {
        tenant_id: session.tenant.id.clone(),
        user_id: session.user.id.clone(),
        name: new.name.trim().to_owned(),
        prefix: format!("{prefix}_{id}"),
        scopes: scopes.tokens().to_vec(),
        created_at: cx.now,
        last_used_at: None,
        expires_at,
        id,
    };
    let entry = Entry::ok("api_key.created").by(&session.user.id).on(&row.id).saying(scopes.list());
    let batch = vec![store::api_keys::insert(&row, &stored(&key)), audit::row(cx, &row.tenant_id, entry)];
    cx.db.run(batch).await?;
    Ok((row, key))
}

/// The caller's keys.
pub async fn list(cx: &Cx, session: &Session, page: &Page) -> Result<Listed<ApiKey>, Error> {
    Ok(store::api_keys::list(cx.db.as_ref(), &session.user.id, page).await?)
}

/// Revokes one of the caller's keys.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn revoke(cx: &Cx, session: &Session, id: &str) -> Result<(), Error> {
    let entry = Entry::ok("api_key.revoked").by(&session.user.id).on(id);
    let revoke = store::api_keys::revoke(&session.user.id, id, cx.now);
    if !audit::change(cx, &session.tenant.id, revoke, entry).await? {
        return Err(Refusal::NotFound.into());
    }
    cx.cache.credentials.forget_where(|known| known.key_id.as_deref() == Some(id));
    Ok(())
}

/// Ids sort by time, so that they page: 8 digits of seconds and 8 random letters.
fn key_id(cx: &Cx) -> String {
    format!("{:08x}{}", cx.now.unix() & 0xffff_ffff, letters(&cx.random::<8>()))
}

/// The id within a key whose checksum is right.
pub fn parse_key(key: &str) -> Option<&str> {
    if key.len() > 128 || !key.is_ascii() {
        return None;
    }
    let (start, sum) = key.split_at_checked(key.len().checked_sub(6)?)?;
    let (front, _secret) = start.rsplit_once('_')?;
    let (_prefix, id) = front.rsplit_once('_')?;
    (checksum(start) == sum).then_some(id)
}

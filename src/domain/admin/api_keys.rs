//! API keys: `{prefix}_{id}_{secret}` with a checksum, shown once, stored as a hash.

use crate::crypto::secret::{checksum, letters, stored};
use crate::cx::Cx;
use crate::domain::admin::users;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Changed, Letter};
use crate::domain::people;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::delegation;
use crate::domain::session::principal::{Credential, CredentialAdmin, KeyMaker, OwnSession, Session};
use crate::domain::session::recency::{self, Lasting};
use crate::domain::sign_in::fresh_sign_in;
use crate::domain::{assertion_limits, clients};
use crate::memo::Invalidation;
use crate::model::name;
use crate::model::scope::{Scopes, VAULT_OF, is_scope};
use crate::model::time::Time;
use crate::ports::{Fault, Stmt};
use crate::store::api_keys::{ApiKey, By};
use crate::store::users::User;
use crate::store::{self, Listed, Page};

/// Characters of a key's name.
const LONGEST_NAME: usize = 100;

/// How many keys one user may have.
const MOST: i64 = 100;

/// How many keys of its own a tenant may have.
const MOST_OF_TENANT: i64 = 1_000;

/// What is wanted of a key.
pub(crate) struct NewKey<'a> {
    /// What its owner calls it.
    pub(crate) name: &'a str,
    /// What it may do.
    pub(crate) scopes: Vec<String>,
    /// When it ends, RFC 3339.
    pub(crate) expires_at: Option<&'a str>,
    /// The maker's password, of a user who has not signed in lately.
    pub(crate) password: Option<&'a str>,
}

/// Makes a key for the person of a session. Nobody gives what they don't have: it may do what they may, and one that a
/// client makes may do what that was lent, for whom it was lent, and ends with the grant. The second value is the key,
/// which nobody can read again.
///
/// # Errors
/// As [`fresh_sign_in::require`]; [`Refusal::Invalid`]; [`Refusal::ScopeMissing`]; [`Refusal::Conflict`] beyond a
/// hundred keys.
pub(crate) async fn create(cx: &Cx, maker: &KeyMaker, new: NewKey<'_>) -> Result<(ApiKey, String), Error> {
    let scopes = checked_scopes(&new.scopes)?;
    match maker {
        KeyMaker::Person(session) => {
            fresh_sign_in::require(cx, session, Lasting::ApiKey, new.password).await?;
        }
        KeyMaker::Client(grant) => recency::require(cx, grant, Lasting::ApiKey).await?,
    }
    let granted = store::roles::granted(cx.db.as_ref(), &maker.user.id).await?;
    let mut may = Scopes::of_keys(&granted);
    if let KeyMaker::Client(session) = maker {
        may = may.within(&session.scopes);
    }
    delegation::hold(&may, &scopes)?;
    let made_in = match maker {
        KeyMaker::Person(_) => None,
        KeyMaker::Client(session) => Some(session),
    };
    make(cx, maker, Owner::User { user: &maker.user, made_in }, new).await
}

/// Makes a key of the administrator's tenant: its own, with roles, or one that acts for a user of it.
///
/// # Errors
/// As [`create`]; [`Refusal::Forbidden`] for more than the administrator's own credential is; [`Refusal::Conflict`]
/// for a key that acts for the operator, unless the operator asks.
pub(crate) async fn create_by_admin(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: Option<&str>,
    roles: Vec<String>,
    new: NewKey<'_>,
) -> Result<(ApiKey, String), Error> {
    let scopes = checked_scopes(&new.scopes)?;
    fresh_sign_in::require_of_admin(cx, admin, Lasting::ApiKey, new.password).await?;
    let Some(user_id) = user_id else {
        let roles = users::known_roles(cx, &admin.tenant, roles).await?;
        delegation::may_give(cx, admin, scopes.tokens(), &roles).await?;
        return make(cx, admin, Owner::Tenant(roles), new).await;
    };
    if !roles.is_empty() {
        return Err(invalid("roles", "not together with userId: the key has the user's"));
    }
    let user = store::users::by_id(cx.db.as_ref(), &admin.tenant.id, user_id).await?;
    let user = user.ok_or_else(|| invalid("userId", "is no user of this tenant"))?;
    if user.operator && admin.actor() != user.id {
        return Err(Refusal::Conflict("only the operator makes keys that act for the operator").into());
    }
    delegation::own_account(admin, &user.id)?;
    delegation::may_give(cx, admin, scopes.tokens(), &user.roles).await?;
    let granted = store::roles::granted(cx.db.as_ref(), &user.id).await?;
    delegation::hold(&Scopes::of_person(&granted), &scopes)?;
    let of_vault = |scope: &&String| scope.starts_with(VAULT_OF);
    if let Some(scope) = scopes.tokens().iter().find(of_vault).filter(|_| admin.actor() != user.id)
        && !admin.tenant.settings.vault_delegation
    {
        // What people connected, they alone give away.
        return Err(Refusal::ScopeMissing(vec![scope.clone()]).into());
    }
    make(cx, admin, Owner::User { user: &user, made_in: None }, new).await
}

/// Whom a key stands for.
enum Owner<'a> {
    User {
        user: &'a User,
        /// The grant of the client that makes it.
        made_in: Option<&'a Session>,
    },
    Tenant(Vec<String>),
}

fn checked_scopes(wanted: &[String]) -> Result<Scopes, Error> {
    let scopes = Some(wanted).filter(|scopes| scopes.iter().all(|scope| is_scope(scope)));
    let scopes = scopes.and_then(|scopes| Scopes::parse(scopes.iter().map(String::as_str)));
    scopes.ok_or_else(|| invalid("scopes", "read, write, webhooks:manage or resource:action"))
}

async fn make(
    cx: &Cx,
    by: &Credential,
    owner: Owner<'_>,
    new: NewKey<'_>,
) -> Result<(ApiKey, String), Error> {
    let name = name::parse(new.name, LONGEST_NAME).map_err(|reason| invalid("name", reason))?;
    let scopes = checked_scopes(&new.scopes)?;
    assertion_limits::check_scopes("scopes", &scopes)?;
    let expires_at = match new.expires_at {
        None => None,
        Some(text) => Some(
            Time::parse(text)
                .filter(|at| *at > cx.now)
                .ok_or_else(|| invalid("expiresAt", "a time to come, as 2030-01-31T00:00:00Z"))?,
        ),
    };
    let (user, made_in, roles, most) = match owner {
        Owner::User { user, made_in } => (Some(user), made_in, Vec::new(), MOST),
        Owner::Tenant(roles) => (None, None, roles, MOST_OF_TENANT),
    };
    let user_id = user.map(|user| user.id.clone());
    let client = match made_in.and_then(|session| session.client_id.as_deref()) {
        Some(id) => {
            clients::by_id(cx, &by.tenant, id).await?.map(|client| (client.id.clone(), client.shown_name()))
        }
        None => None,
    };
    let prefix = &by.tenant.settings.api_key_prefix;
    let id = key_id(cx);
    let start = format!("{prefix}_{id}_{}", letters(&cx.random::<32>()));
    let key = format!("{start}{}", checksum(&start));
    let row = ApiKey {
        tenant_id: by.tenant.id.clone(),
        user_id,
        name,
        prefix: format!("{prefix}_{id}"),
        scopes: scopes.tokens().to_vec(),
        roles,
        created_at: cx.now,
        last_used_at: None,
        expires_at,
        grant_id: made_in.and_then(|session| session.session_id.clone()),
        audiences: made_in
            .and_then(|session| session.audiences.as_ref())
            .map(|audiences| by.tenant.audiences_to_store(&audiences.0)),
        client,
        id,
    };
    let mut entry = Entry::ok("api_key.created").by(by.actor()).on(&row.id).saying(scopes.list());
    if let Some((client_id, _)) = &row.client {
        entry = entry.saying(format!("{} by the client {client_id}", scopes.list()));
    }
    // An isolate may remember a session or a key that has ended: what is made with it would outlive it.
    let made_with = By { session_id: by.session_id.as_deref(), key_id: by.key_id.as_deref() };
    let insert = store::api_keys::insert(&row, &stored(&key), &made_with, most);
    if !change_and_tell(cx, by, user, &row.id, insert, entry, Changed::ApiKeyMade).await? {
        users::known_roles(cx, &by.tenant, row.roles).await?;
        let user_id = row.user_id.as_deref();
        return Err(
            match store::api_keys::has(cx.db.as_ref(), &row.tenant_id, user_id, most, cx.now).await? {
                true => Refusal::Conflict("a user has at most 100 API keys, a tenant 1000 of its own").into(),
                false => Refusal::BadCredential.into(),
            },
        );
    }
    Ok((row, key))
}

/// Changes a key and tells of it: in the log and, if there is one, its user; `false` if there was nothing to change.
async fn change_and_tell(
    cx: &Cx,
    by: &Credential,
    user: Option<&User>,
    id: &str,
    stmt: Stmt,
    entry: Entry,
    changed: Changed,
) -> Result<bool, Fault> {
    let mut change = Change::new(cx, &by.tenant.id, entry);
    change.take(stmt).invalidates(Invalidation::Key(id));
    if let Some(user) = user {
        let seen = if by.actor() == user.id { cx.clone() } else { mailing::by_another(cx) };
        change.tell(mailing::write(&seen, &by.tenant, user, Letter::Changed(changed)).await?);
    }
    Ok(change.commit().await?.is_some())
}

/// The caller's keys.
pub(crate) async fn list(cx: &Cx, session: &OwnSession, page: &Page) -> Result<Listed<ApiKey>, Error> {
    Ok(store::api_keys::list(cx.db.as_ref(), &session.user.id, page, cx.now).await?)
}

/// The keys of an administrator's tenant, its users' as well.
pub(crate) async fn list_by_admin(
    cx: &Cx,
    admin: &CredentialAdmin,
    page: &Page,
) -> Result<Listed<ApiKey>, Error> {
    Ok(store::api_keys::list_of_tenant(cx.db.as_ref(), &admin.tenant.id, page, cx.now).await?)
}

/// The keys of a user of an administrator's tenant.
///
/// # Errors
/// [`Refusal::NotFound`]; as [`delegation::own_account`].
pub(crate) async fn list_of_user(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: &str,
    page: &Page,
) -> Result<Listed<ApiKey>, Error> {
    delegation::own_account(admin, user_id)?;
    let user = people::find(cx, &admin.tenant, user_id).await?;
    Ok(store::api_keys::list(cx.db.as_ref(), &user.id, page, cx.now).await?)
}

/// A key of an administrator's tenant.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn find(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<ApiKey, Error> {
    let found = store::api_keys::by_id(cx.db.as_ref(), &admin.tenant.id, id, cx.now).await?;
    Ok(found.ok_or(Refusal::NotFound)?)
}

/// Revokes one of the caller's keys.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn revoke(cx: &Cx, session: &OwnSession, id: &str) -> Result<(), Error> {
    end(cx, session, Some(&session.user), true, id).await
}

/// Revokes any key of an administrator's tenant.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Forbidden`] for a key of the administrator's own with another than their session.
pub(crate) async fn revoke_by_admin(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<(), Error> {
    let user = match find(cx, admin, id).await?.user_id {
        Some(user_id) => store::users::by_id(cx.db.as_ref(), &admin.tenant.id, &user_id).await?,
        None => None,
    };
    if let Some(user) = &user {
        delegation::own_account(admin, &user.id)?;
    }
    end(cx, admin, user.as_ref(), false, id).await
}

/// Revokes a key of a user of an administrator's tenant.
///
/// # Errors
/// As [`revoke_by_admin`]; [`Refusal::NotFound`] for another user's.
pub(crate) async fn revoke_of_user(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: &str,
    id: &str,
) -> Result<(), Error> {
    delegation::own_account(admin, user_id)?;
    let user = people::find(cx, &admin.tenant, user_id).await?;
    end(cx, admin, Some(&user), true, id).await
}

/// Ends a key; `own` if it must be the user's.
async fn end(cx: &Cx, by: &Credential, user: Option<&User>, own: bool, id: &str) -> Result<(), Error> {
    let entry = Entry::ok("api_key.revoked").by(by.actor()).on(id);
    let owner = user.filter(|_| own).map(|user| user.id.as_str());
    let revoke = store::api_keys::revoke(&by.tenant.id, owner, id, cx.now);
    if !change_and_tell(cx, by, user, id, revoke, entry, Changed::ApiKeyRevoked).await? {
        return Err(Refusal::NotFound.into());
    }
    Ok(())
}

/// Ids sort by time, so that they page: 8 digits of seconds and 8 random letters.
fn key_id(cx: &Cx) -> String {
    format!("{:08x}{}", cx.now.unix() & 0xffff_ffff, letters(&cx.random::<8>()))
}

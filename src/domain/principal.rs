//! Who is calling: the only place that turns a presented credential into a person.
//!
//! A credential is checked against the database at most every `revocation_seconds` per isolate; in between
//! it is remembered. Roles, plan and status are always those of the last check, never a token's.

use std::cell::RefCell;
use std::rc::Rc;

use crate::cache::Presented;
use crate::crypto::jws::{LONGEST, Untrusted};
use crate::crypto::secret::{same, stored};
use crate::cx::Cx;
use crate::domain::api_keys::parse_key;
use crate::domain::forward::Minted;
use crate::domain::keys;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::{self, Chosen, HOME, Tenant};
use crate::model::role::ADMIN;
use crate::model::route::Accepts;
use crate::model::scope::Scopes;
use crate::model::time::Time;
use crate::oidc::access_token::{AccessToken, TYP, Whose};
use crate::ports::Fault;
use crate::store;
use crate::store::users::User;

/// A credential that was checked, and who it stands for.
#[derive(Debug)]
pub struct Credential {
    /// What kind it is.
    pub kind: Accepts,
    /// The user's tenant.
    pub tenant: Rc<Tenant>,
    /// The user, as of the check.
    pub user: User,
    /// The session; none for an API key.
    pub session_id: Option<String>,
    /// The API key's id.
    pub key_id: Option<String>,
    /// What it may do.
    pub scopes: Scopes,
    /// How the user signed in.
    pub amr: Vec<String>,
    /// When it ends by itself.
    pub expires_at: Option<Time>,
    /// Assertions that were minted for it, of the last few routes.
    pub minted: RefCell<Vec<Minted>>,
}

impl Credential {
    /// The user's plan, or the tenant's default.
    pub fn plan(&self) -> &str {
        self.user.plan.as_deref().unwrap_or(&self.tenant.settings.default_plan)
    }
}

/// Proof that a bearer token of a live session was presented, of a tenant that the request is for.
#[derive(Debug, Clone)]
pub struct Session(Rc<Credential>);

/// Proof that the session is an administrator's of the tenant that the request is for.
#[derive(Debug, Clone)]
pub struct Admin(Rc<Credential>);

/// Proof that the session is the deployment's operator's.
#[derive(Debug, Clone)]
pub struct Operator(Rc<Credential>);

impl std::ops::Deref for Session {
    type Target = Credential;
    fn deref(&self) -> &Credential {
        &self.0
    }
}

impl std::ops::Deref for Admin {
    type Target = Credential;
    fn deref(&self) -> &Credential {
        &self.0
    }
}

impl std::ops::Deref for Operator {
    type Target = Credential;
    fn deref(&self) -> &Credential {
        &self.0
    }
}

impl Session {
    /// The session's id.
    pub fn id(&self) -> &str {
        self.session_id.as_deref().unwrap_or_default()
    }
}

/// The session behind a bearer token.
///
/// # Errors
/// [`Refusal::NoCredential`], [`Refusal::BadCredential`], or [`Refusal::WrongTenant`] for another tenant's.
pub async fn session(cx: &Cx, chosen: &Chosen, bearer: Option<&str>) -> Result<Session, Error> {
    let token = bearer.ok_or(Refusal::NoCredential)?;
    let credential = by_bearer(cx, token).await?.ok_or(Refusal::BadCredential)?;
    of_tenant(chosen, &credential.tenant)?;
    Ok(Session(credential))
}

/// The administrator behind a bearer token.
///
/// # Errors
/// As [`session`]; [`Refusal::Forbidden`] for everybody else.
pub async fn admin(cx: &Cx, chosen: &Chosen, bearer: Option<&str>) -> Result<Admin, Error> {
    let Session(credential) = session(cx, chosen, bearer).await?;
    if !credential.user.roles.iter().any(|role| role == ADMIN) {
        return Err(Refusal::Forbidden.into());
    }
    Ok(Admin(credential))
}

/// The operator behind a bearer token.
///
/// # Errors
/// As [`admin`].
pub async fn operator(cx: &Cx, chosen: &Chosen, bearer: Option<&str>) -> Result<Operator, Error> {
    let Admin(credential) = admin(cx, chosen, bearer).await?;
    if !credential.user.operator || chosen.tenant.id != HOME {
        return Err(Refusal::Forbidden.into());
    }
    Ok(Operator(credential))
}

/// Refuses a credential of another tenant than the request is for. A request that named none is for the
/// credential's own, if that shares the home directory.
pub fn of_tenant(chosen: &Chosen, tenant: &Tenant) -> Result<(), Refusal> {
    let own = tenant.id == chosen.tenant.id;
    let shared = !chosen.explicit && tenant.directory == chosen.tenant.directory;
    if own || shared { Ok(()) } else { Err(Refusal::WrongTenant) }
}

/// Who an access token stands for; `None` if it is none of ours, over, or its session is.
pub async fn by_bearer(cx: &Cx, token: &str) -> Result<Option<Rc<Credential>>, Fault> {
    if token.len() > LONGEST {
        return Ok(None);
    }
    if let Some(known) = remembered(cx, token, Accepts::Bearer) {
        return Ok(Some(known));
    }
    let Some(untrusted) = Untrusted::parse(token, TYP) else { return Ok(None) };
    let Some(Whose { tenant_id }) = untrusted.claims_unchecked() else { return Ok(None) };
    let Some(tenant) = tenants::by_id(cx, &tenant_id).await? else { return Ok(None) };
    let keys = keys::of(cx, &tenant.id).await?;
    let Some((claims, until)) = keys.verify::<AccessToken>(&untrusted, cx.now) else { return Ok(None) };
    if claims.iss != tenant.issuer || claims.aud != tenant.issuer || claims.kind != "access" {
        return Ok(None);
    }
    let Some(live) = store::sessions::live_by_id(cx.db.as_ref(), &claims.sid, cx.now).await? else {
        return Ok(None);
    };
    if live.user.id != claims.sub || live.user.tenant_id != tenant.id {
        return Ok(None);
    }
    Ok(Some(remember(
        cx,
        token,
        Credential {
            kind: Accepts::Bearer,
            tenant,
            session_id: Some(live.id),
            key_id: None,
            scopes: Scopes::from_list(&claims.scope),
            amr: live.amr,
            expires_at: Some(until),
            minted: RefCell::default(),
            user: live.user,
        },
    )))
}

/// Who a session cookie stands for.
pub async fn by_cookie(cx: &Cx, value: &str) -> Result<Option<Rc<Credential>>, Fault> {
    if value.is_empty() || value.len() > 128 {
        return Ok(None);
    }
    if let Some(known) = remembered(cx, value, Accepts::Cookie) {
        return Ok(Some(known));
    }
    let hash = stored(value);
    let Some(live) = store::sessions::live_by_cookie(cx.db.as_ref(), &hash, cx.now).await? else {
        return Ok(None);
    };
    let Some(tenant) = tenants::by_id(cx, &live.user.tenant_id).await? else { return Ok(None) };
    Ok(Some(remember(
        cx,
        value,
        Credential {
            kind: Accepts::Cookie,
            tenant,
            session_id: Some(live.id),
            key_id: None,
            scopes: Scopes::own_session(),
            amr: live.amr,
            expires_at: Some(live.expires_at),
            minted: RefCell::default(),
            user: live.user,
        },
    )))
}

/// Who an API key stands for. A key whose checksum is wrong is refused before any look-up.
pub async fn by_api_key(cx: &Cx, key: &str) -> Result<Option<Rc<Credential>>, Fault> {
    if key.len() > 128 {
        return Ok(None);
    }
    if let Some(known) = remembered(cx, key, Accepts::ApiKey) {
        return Ok(Some(known));
    }
    let Some(id) = parse_key(key) else { return Ok(None) };
    let hash = stored(key);
    let Some(live) = store::api_keys::live_by_id(cx.db.as_ref(), id, &hash, cx.now).await? else {
        return Ok(None);
    };
    if !same(live.hash.as_bytes(), hash.as_bytes()) {
        return Ok(None);
    }
    let Some(tenant) = tenants::by_id(cx, &live.user.tenant_id).await? else { return Ok(None) };
    Ok(Some(remember(
        cx,
        key,
        Credential {
            kind: Accepts::ApiKey,
            tenant,
            session_id: None,
            key_id: Some(live.id),
            scopes: Scopes::parse(live.scopes.iter().map(String::as_str)).unwrap_or_default(),
            amr: Vec::new(),
            expires_at: live.expires_at,
            minted: RefCell::default(),
            user: live.user,
        },
    )))
}

fn remembered(cx: &Cx, presented: &str, kind: Accepts) -> Option<Rc<Credential>> {
    let known = cx.cache.credentials.get(&Presented(presented.to_owned()), cx.now)?;
    (known.kind == kind).then_some(known)
}

fn remember(cx: &Cx, presented: &str, credential: Credential) -> Rc<Credential> {
    let until = cx.remember_until();
    let until = credential.expires_at.map_or(until, |end| end.min(until));
    let credential = Rc::new(credential);
    cx.cache.credentials.put(Presented(presented.to_owned()), credential.clone(), cx.now, until);
    credential
}

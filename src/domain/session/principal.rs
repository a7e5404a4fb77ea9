//! Who is calling: the only place that turns a presented credential into a proof that handlers ask for.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
pub(crate) use crate::domain::session::carried::by_bearer_to_forward;
pub(crate) use crate::domain::session::credential::Credential;
pub(crate) use crate::domain::session::lookup::{by_access_token, by_api_key, by_cookie};
use crate::domain::session::proof::BoundToken;
pub(crate) use crate::domain::session::proof::{by_bearer, by_bound_token};
pub(crate) use crate::domain::session::remembered::is_remembered;
use crate::domain::tenants::{HOME, ResolvedTenant, Tenant};
use crate::model::role::ADMIN;
use crate::model::scope::MAKE_API_KEYS;
use crate::oidc::access_token::Audiences;
use crate::store::users::User;

/// What a request says about who calls, as it was sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sent<'a> {
    /// Its method, which decides on the scope that is needed.
    pub method: &'a str,
    /// The token of `Authorization: Bearer`.
    pub bearer: Option<&'a str>,
    /// That of `Authorization: DPoP`, with its proof.
    pub bound: Option<BoundToken<'a>>,
    /// `X-API-Key`.
    pub key: Option<&'a str>,
}

/// Proof that a bearer token or a browser's cookie of a user's live session was presented, of a tenant that
/// the request is for.
#[derive(Debug, Clone)]
pub struct Session {
    credential: Rc<Credential>,
    pub(crate) user: Rc<User>,
}

/// Proof that the session is a person's own: no client holds it, nobody acts for them in it, and its token is for
/// us alone. Only such a session makes, lists or removes what lets somebody in: what was lent does not last.
#[derive(Debug, Clone)]
pub struct OwnSession(Session);

/// Proof that an API key may be made for the session's user: by themselves, or through a grant.
#[derive(Debug, Clone)]
pub enum KeyMaker {
    /// The person.
    Person(OwnSession),
    /// A client, where the tenant allows it, with the scope [`MAKE_API_KEYS`].
    Client(Session),
}

/// Proof that a token or key is an administrator's of the tenant that the request is for: a user's, a
/// client's or the tenant's own.
#[derive(Debug, Clone)]
pub struct Admin(Rc<Credential>);

/// Proof that an administrator calls, and with nothing that was lent to a client: what they make or change of
/// credentials lasts.
#[derive(Debug, Clone)]
pub struct CredentialAdmin(Admin);

/// Proof that the session is the deployment's operator's.
#[derive(Debug, Clone)]
pub struct Operator(Rc<Credential>);

impl std::ops::Deref for Session {
    type Target = Credential;
    fn deref(&self) -> &Credential {
        &self.credential
    }
}

impl std::ops::Deref for OwnSession {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.0
    }
}

impl std::ops::Deref for KeyMaker {
    type Target = Session;
    fn deref(&self) -> &Session {
        match self {
            KeyMaker::Person(session) => session,
            KeyMaker::Client(session) => session,
        }
    }
}

impl std::ops::Deref for CredentialAdmin {
    type Target = Admin;
    fn deref(&self) -> &Admin {
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
    /// The proof that it is the person's own.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for one that was lent: to a client, by an exchange, or for another audience too.
    pub(crate) fn own(self) -> Result<OwnSession, Refusal> {
        if is_own(&self) { Ok(OwnSession(self)) } else { Err(Refusal::Forbidden) }
    }

    pub(crate) fn id(&self) -> &str {
        self.session_id.as_deref().unwrap_or_default()
    }
}

/// The user's session behind a bearer token.
///
/// # Errors
/// [`Refusal::NoCredential`], [`Refusal::BadCredential`]; [`Refusal::WrongTenant`] for another tenant's,
/// [`Refusal::ScopeMissing`], [`Refusal::Forbidden`] for a client's own token.
pub(crate) async fn session(cx: &Cx, resolved: &ResolvedTenant, sent: &Sent<'_>) -> Result<Session, Error> {
    let credential = bearer(cx, resolved, sent).await?;
    let user = credential.user().cloned().ok_or(Refusal::Forbidden)?;
    Ok(Session { credential, user })
}

/// Whom a token or key of the request's tenant stands for, whatever it may do; what it may is for its caller to decide.
///
/// # Errors
/// [`Refusal::NoCredential`], [`Refusal::BadCredential`]; [`Refusal::WrongTenant`] for another tenant's.
pub(crate) async fn credential(
    cx: &Cx,
    resolved: &ResolvedTenant,
    sent: &Sent<'_>,
) -> Result<Rc<Credential>, Error> {
    let found = match sent.key {
        Some(key) => by_api_key(cx, key).await?,
        None => by_sent_token(cx, sent).await?,
    };
    let credential = found.ok_or(Refusal::BadCredential)?;
    of_tenant(resolved, &credential.tenant)?;
    note_administrator(cx, resolved, &credential);
    match credential.is_for(&credential.tenant.issuer) {
        true => Ok(credential),
        false => Err(Refusal::BadCredential.into()),
    }
}

/// Whether a person's credential is a session of their own.
pub(crate) fn is_own(credential: &Credential) -> bool {
    let issuer = &credential.tenant.issuer;
    let just_for_us = |audiences: &Audiences| audiences.0.iter().all(|audience| audience == issuer);
    credential.session_id.is_some()
        && credential.key_id.is_none()
        && credential.client_id.is_none()
        && credential.act.is_none()
        && credential.audiences.as_ref().is_none_or(just_for_us)
}

/// The user's own session behind a bearer token.
///
/// # Errors
/// As [`session`]; [`Refusal::Forbidden`] for one that was lent.
pub async fn own_session(cx: &Cx, resolved: &ResolvedTenant, sent: &Sent<'_>) -> Result<OwnSession, Error> {
    Ok(session(cx, resolved, sent).await?.own()?)
}

/// Who makes an API key for the user of a session.
///
/// # Errors
/// As [`session`]; [`Refusal::Forbidden`] for a client where the tenant lets none make keys, and for a token that was
/// exchanged; [`Refusal::ScopeMissing`] for a client without [`MAKE_API_KEYS`].
pub(crate) async fn key_maker(
    cx: &Cx,
    resolved: &ResolvedTenant,
    sent: &Sent<'_>,
) -> Result<KeyMaker, Error> {
    let session = session(cx, resolved, sent).await?;
    if is_own(&session) {
        return Ok(KeyMaker::Person(OwnSession(session)));
    }
    let may = session.tenant.settings.client_api_keys && session.client_id.is_some() && session.act.is_none();
    if !may {
        return Err(Refusal::Forbidden.into());
    }
    if !session.scopes.has(MAKE_API_KEYS) {
        return Err(Refusal::ScopeMissing(vec![MAKE_API_KEYS.into()]).into());
    }
    Ok(KeyMaker::Client(session))
}

/// The user behind an access token, whatever it may do besides: for who only wants to know who they are.
///
/// # Errors
/// As [`session`], but for the scopes that an API needs.
pub(crate) async fn person(cx: &Cx, resolved: &ResolvedTenant, sent: &Sent<'_>) -> Result<Session, Error> {
    let credential = by_sent_token(cx, sent).await?.ok_or(Refusal::BadCredential)?;
    of_tenant(resolved, &credential.tenant)?;
    note_administrator(cx, resolved, &credential);
    if !credential.is_for(&credential.tenant.issuer) {
        return Err(Refusal::BadCredential.into());
    }
    let user = credential.user().cloned().ok_or(Refusal::Forbidden)?;
    Ok(Session { credential, user })
}

async fn bearer(cx: &Cx, resolved: &ResolvedTenant, sent: &Sent<'_>) -> Result<Rc<Credential>, Error> {
    check_usable(cx, by_sent_token(cx, sent).await?, resolved, sent)
}

/// Whom the access token of a request authenticates, in the scheme that it was sent with.
async fn by_sent_token(cx: &Cx, sent: &Sent<'_>) -> Result<Option<Rc<Credential>>, Error> {
    match (sent.bearer, &sent.bound) {
        (Some(token), _) => by_bearer(cx, token).await,
        (None, Some(bound)) => by_bound_token(cx, bound, None).await,
        (None, None) => Err(Refusal::NoCredential.into()),
    }
}

fn check_usable(
    cx: &Cx,
    found: Option<Rc<Credential>>,
    resolved: &ResolvedTenant,
    sent: &Sent<'_>,
) -> Result<Rc<Credential>, Error> {
    let credential = found.ok_or(Refusal::BadCredential)?;
    of_tenant(resolved, &credential.tenant)?;
    may_call(&credential, sent.method)?;
    note_administrator(cx, resolved, &credential);
    Ok(credential)
}

/// Refuses what may not call an API of ours with this method: one for somebody else, or without `read` for a
/// method that is safe, or `write` for any other.
fn may_call(credential: &Credential, method: &str) -> Result<(), Refusal> {
    if !credential.is_for(&credential.tenant.issuer) {
        return Err(Refusal::BadCredential);
    }
    let needed = if matches!(method, "GET" | "HEAD" | "OPTIONS") { "read" } else { "write" };
    if credential.scopes.has(needed) { Ok(()) } else { Err(Refusal::ScopeMissing(vec![needed.into()])) }
}

/// The administrator behind an API key or a bearer token.
///
/// # Errors
/// As [`session`]; [`Refusal::Forbidden`] for everybody else.
pub(crate) async fn admin(cx: &Cx, resolved: &ResolvedTenant, sent: &Sent<'_>) -> Result<Admin, Error> {
    let credential = match sent.key {
        Some(key) => check_usable(cx, by_api_key(cx, key).await?, resolved, sent)?,
        None => bearer(cx, resolved, sent).await?,
    };
    is_admin(&credential)?;
    Ok(Admin(credential))
}

/// The administrator behind an API key or a bearer token that was not lent to a client.
///
/// # Errors
/// As [`admin`]; [`Refusal::Forbidden`] for what was lent.
pub(crate) async fn credential_admin(
    cx: &Cx,
    resolved: &ResolvedTenant,
    sent: &Sent<'_>,
) -> Result<CredentialAdmin, Error> {
    Ok(admin(cx, resolved, sent).await?.not_lent()?)
}

impl Admin {
    /// The proof that it was not lent to a client by a person: a session of their own, a key that they or another
    /// administrator made, or a client's own token.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] otherwise.
    pub(crate) fn not_lent(self) -> Result<CredentialAdmin, Refusal> {
        let lent = match self.key_id {
            Some(_) => self.client_id.is_some(),
            None => self.user().is_some() && !is_own(&self),
        };
        if lent { Err(Refusal::Forbidden) } else { Ok(CredentialAdmin(self)) }
    }

    /// The session, if it is one of the administrator's own.
    pub(crate) fn own_session(&self) -> Option<OwnSession> {
        let user = self.user().filter(|_| self.is_own_session())?.clone();
        Some(OwnSession(Session { credential: self.0.clone(), user }))
    }

    /// Whether it is a session of the administrator's own.
    pub(crate) fn is_own_session(&self) -> bool {
        self.user().is_some() && is_own(self)
    }
}

/// Notes that the caller is an administrator of the very tenant that the request is for, by what may call its API: they
/// may see what their request waited for. It asks nothing.
pub(crate) fn note_administrator(cx: &Cx, resolved: &ResolvedTenant, credential: &Credential) {
    let Some(metrics) = &cx.metrics else { return };
    let is_its = credential.tenant.id == resolved.tenant.id && may_call(credential, "GET").is_ok();
    if is_its && is_admin(credential).is_ok() {
        metrics.note_administrator();
    }
}

fn is_admin(credential: &Credential) -> Result<(), Refusal> {
    let holds = credential.subject.roles().iter().any(|role| role == ADMIN);
    if holds { Ok(()) } else { Err(Refusal::Forbidden) }
}

/// The operator behind a bearer token. No API key and no client opens what reaches every tenant.
///
/// # Errors
/// As [`session`]; [`Refusal::Forbidden`] for everybody else.
pub(crate) async fn operator(cx: &Cx, resolved: &ResolvedTenant, sent: &Sent<'_>) -> Result<Operator, Error> {
    let OwnSession(Session { credential, user }) = own_session(cx, resolved, sent).await?;
    is_admin(&credential)?;
    if !user.operator || resolved.tenant.id != HOME {
        return Err(Refusal::Forbidden.into());
    }
    Ok(Operator(credential))
}

/// Refuses a credential of another tenant than the request is for. A request that named none is for the
/// credential's own, if that shares the home directory.
pub(crate) fn of_tenant(resolved: &ResolvedTenant, tenant: &Tenant) -> Result<(), Refusal> {
    let own = tenant.id == resolved.tenant.id;
    let shared = !resolved.explicit && tenant.directory == resolved.tenant.directory;
    if own || shared { Ok(()) } else { Err(Refusal::WrongTenant) }
}

/// The user's session behind a browser's cookie, for the pages of just this tenant.
pub async fn browser(
    cx: &Cx,
    resolved: &ResolvedTenant,
    cookie: Option<&str>,
) -> Result<Option<OwnSession>, Error> {
    let Some(cookie) = cookie else { return Ok(None) };
    let credential = by_cookie(cx, cookie).await?.filter(|found| found.tenant.id == resolved.tenant.id);
    if let Some(credential) = &credential {
        note_administrator(cx, resolved, credential);
    }
    let session = |credential: Rc<Credential>| {
        let user = credential.user()?.clone();
        Session { credential, user }.own().ok()
    };
    Ok(credential.and_then(session))
}

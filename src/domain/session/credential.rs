//! Credentials: what a bearer token, a cookie or an API key stands for, as the database has it.
//!
//! A credential is checked against the database at most every `revocation_seconds` per isolate; in between
//! it is remembered. Roles, plan and status are always those of the last check, never a token's.

use crate::domain::session::remembered::{remember, remembered};
use crate::domain::session::standing;
use crate::model::route::RouteTable;
use std::cell::RefCell;
use std::rc::Rc;

use crate::crypto::api_key::parse_key;
use crate::crypto::jws::{LONGEST, Untrusted, canonical};
use crate::crypto::secret::{same, stored};
use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::refusal::Error;
use crate::domain::tenants::{self, Tenant};
use crate::domain::throttle::lookups;
use crate::model::client::CLIENT_CREDENTIALS;
use crate::model::route::Accepts;
use crate::model::scope::Scopes;
use crate::model::time::Time;
use crate::oidc::access_token::{AccessToken, Act, Audiences, TYP, Whose};
use crate::ports::Fault;
use crate::store;
use crate::store::users::User;

/// Who a credential stands for.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A person.
    User(Rc<User>),
    /// A client by itself, or a key of the tenant's own: it has roles and is nobody.
    Service {
        /// The `client_id`, or the key's id.
        id: String,
        /// Its roles.
        roles: Vec<String>,
    },
}

impl Subject {
    /// The id of the user, client or key.
    pub fn id(&self) -> &str {
        match self {
            Subject::User(user) => &user.id,
            Subject::Service { id, .. } => id,
        }
    }

    /// The roles.
    pub fn roles(&self) -> &[String] {
        match self {
            Subject::User(user) => &user.roles,
            Subject::Service { roles, .. } => roles,
        }
    }
}

/// A credential that was checked, and who it stands for.
#[derive(Debug)]
pub struct Credential {
    /// What kind it is.
    pub kind: Accepts,
    /// The subject's tenant.
    pub tenant: Rc<Tenant>,
    /// Who it stands for, as of the check.
    pub subject: Subject,
    /// The session; none for an API key and for a client's own token.
    pub session_id: Option<String>,
    /// The API key's id.
    pub key_id: Option<String>,
    /// The client that it was given to.
    pub client_id: Option<String>,
    /// What it may do.
    pub scopes: Scopes,
    /// Who a token is for; a cookie and an API key are for whatever accepts them.
    pub audiences: Option<Audiences>,
    /// Who acts for the user, in a token that was exchanged (RFC 8693 §4.1).
    pub act: Option<Act>,
    /// How the user signed in.
    pub amr: Vec<String>,
    /// When the user signed in.
    pub auth_time: Option<Time>,
    /// When the user last proved who they are in the session.
    pub proved_at: Option<Time>,
    /// When it ends by itself.
    pub expires_at: Option<Time>,
    /// Assertions that were minted for it, of the last few routes.
    pub minted: RefCell<Vec<Minted>>,
}

impl Credential {
    /// The user, if it stands for one.
    pub fn user(&self) -> Option<&Rc<User>> {
        match &self.subject {
            Subject::User(user) => Some(user),
            Subject::Service { .. } => None,
        }
    }

    /// Who acts, for the audit log: the id of the user, client or key.
    pub fn actor(&self) -> &str {
        self.subject.id()
    }

    /// The user's plan, or the tenant's default.
    pub fn plan(&self) -> &str {
        let own = self.user().and_then(|user| user.plan.as_deref());
        own.unwrap_or(&self.tenant.settings.default_plan)
    }

    /// Whether it may be used with this audience (RFC 9068 §4).
    pub fn is_for(&self, audience: &str) -> bool {
        self.audiences.as_ref().is_none_or(|audiences| audiences.contain(audience))
    }
}

/// Who an access token stands for; `None` if it is none of ours, over, or its session or client is gone. Whom
/// it is for is the caller's to check, with [`Credential::is_for`].
///
/// # Errors
/// [`Refusal::Limited`](crate::domain::refusal::Refusal::Limited) for an address that presented too much that is
/// nobody's; not for a token that we signed.
pub async fn by_bearer(cx: &Cx, token: &str) -> Result<Option<Rc<Credential>>, Error> {
    if token.len() > LONGEST {
        return Ok(None);
    }
    if let Some(known) = remembered(cx, token, Accepts::Bearer) {
        return Ok(Some(known));
    }
    let Some(untrusted) = Untrusted::parse(token, TYP) else { return Ok(None) };
    let Some(Whose { tenant_id }) = untrusted.claims_unchecked() else { return Ok(None) };
    let Some(tenant) = tenants::named(cx, &tenant_id).await? else { return Ok(None) };
    let keys = keys::of(cx, &tenant.id).await?;
    let Some((claims, until)) = keys.verify::<AccessToken>(&untrusted, cx.now) else {
        lookups::missed(cx);
        lookups::admit(cx).await?;
        return Ok(None);
    };
    if claims.iss != tenant.issuer || claims.kind != "access" {
        return Ok(None);
    }
    // The other spelling of its signature is no other token.
    let token = canonical(token);
    if let Some(known) = remembered(cx, &token, Accepts::Bearer) {
        return Ok(Some(known));
    }
    let presented = format!("bearer:{}", stored(&token));
    if lookups::is_refused(cx, &presented) {
        lookups::admit(cx).await?;
        return Ok(None);
    }
    let found = match &claims.sid {
        Some(sid) => of_session(cx, &tenant, &claims, sid).await?,
        None => of_client(cx, &tenant, &claims).await?,
    };
    let Some(Found { subject, scopes, amr, auth_time, proved_at }) = found else {
        lookups::refuse(cx, presented);
        return Ok(None);
    };
    Ok(Some(remember(
        cx,
        &token,
        Credential {
            kind: Accepts::Bearer,
            tenant,
            subject,
            session_id: claims.sid,
            key_id: None,
            client_id: claims.client_id,
            scopes,
            audiences: Some(claims.aud),
            act: claims.act,
            amr,
            auth_time,
            proved_at,
            expires_at: Some(until),
            minted: RefCell::default(),
        },
    )))
}

/// Who a token stands for, as it is now.
struct Found {
    subject: Subject,
    scopes: Scopes,
    amr: Vec<String>,
    auth_time: Option<Time>,
    proved_at: Option<Time>,
}

async fn of_session(
    cx: &Cx,
    tenant: &Tenant,
    claims: &AccessToken,
    sid: &str,
) -> Result<Option<Found>, Fault> {
    let Some(live) = store::sessions::live_by_id(cx.db.as_ref(), sid, cx.now).await? else {
        return Ok(None);
    };
    let same = live.user.id == claims.sub
        && live.user.tenant_id == tenant.id
        && live.client_id.as_deref() == claims.client_id.as_deref()
        && standing::stands(tenant, &live.user, &live.amr);
    // A person's scopes, like their roles, are those that they have now, whatever the token says; a client's are at
    // most what it was lent.
    let scopes = match live.client_id {
        None => Scopes::of_person(&live.granted),
        Some(_) => Scopes::from_list(&claims.scope).within(&Scopes::lendable(&live.granted)),
    };
    let (auth_time, proved_at) = (Some(live.auth_time), Some(live.proved_at));
    let subject = Subject::User(Rc::new(live.user));
    Ok(same.then_some(Found { subject, scopes, amr: live.amr, auth_time, proved_at }))
}

/// A token that a client got for itself is its as long as it may get one.
async fn of_client(cx: &Cx, tenant: &Tenant, claims: &AccessToken) -> Result<Option<Found>, Fault> {
    if claims.client_id.as_deref() != Some(claims.sub.as_str()) {
        return Ok(None);
    }
    let client = store::clients::by_id(cx.db.as_ref(), &tenant.id, &claims.sub).await?;
    let client = client.filter(|client| client.metadata.grants(CLIENT_CREDENTIALS));
    Ok(client.map(|client| Found {
        subject: Subject::Service { id: client.id, roles: client.metadata.roles },
        scopes: Scopes::from_list(&claims.scope),
        amr: Vec::new(),
        auth_time: None,
        proved_at: None,
    }))
}

/// Who a session cookie stands for.
///
/// # Errors
/// [`Refusal::Limited`](crate::domain::refusal::Refusal::Limited) for an address that presented too much that is
/// nobody's.
pub async fn by_cookie(cx: &Cx, value: &str) -> Result<Option<Rc<Credential>>, Error> {
    if value.is_empty() || value.len() > 128 {
        return Ok(None);
    }
    if let Some(known) = remembered(cx, value, Accepts::Cookie) {
        return Ok(Some(known));
    }
    let hash = stored(value);
    let presented = format!("cookie:{hash}");
    lookups::admit(cx).await?;
    if lookups::is_refused(cx, &presented) {
        return Ok(None);
    }
    let Some(live) = store::sessions::live_by_cookie(cx.db.as_ref(), &hash, cx.now).await? else {
        lookups::refuse(cx, presented);
        return Ok(None);
    };
    let Some(tenant) = tenants::by_id(cx, &live.user.tenant_id).await? else { return Ok(None) };
    if !standing::stands(&tenant, &live.user, &live.amr) {
        return Ok(None);
    }
    Ok(Some(remember(
        cx,
        value,
        Credential {
            kind: Accepts::Cookie,
            tenant,
            subject: Subject::User(Rc::new(live.user)),
            session_id: Some(live.id),
            key_id: None,
            client_id: None,
            scopes: Scopes::of_person(&live.granted),
            audiences: None,
            act: None,
            amr: live.amr,
            auth_time: Some(live.auth_time),
            proved_at: Some(live.proved_at),
            expires_at: Some(live.expires_at),
            minted: RefCell::default(),
        },
    )))
}

/// Who an API key stands for. A key whose checksum is wrong is refused before any look-up.
///
/// # Errors
/// As [`by_cookie`].
pub async fn by_api_key(cx: &Cx, key: &str) -> Result<Option<Rc<Credential>>, Error> {
    if key.len() > 128 {
        return Ok(None);
    }
    if let Some(known) = remembered(cx, key, Accepts::ApiKey) {
        return Ok(Some(known));
    }
    let Some(id) = parse_key(key) else { return Ok(None) };
    let hash = stored(key);
    let presented = format!("key:{hash}");
    lookups::admit(cx).await?;
    if lookups::is_refused(cx, &presented) {
        return Ok(None);
    }
    let live = store::api_keys::live_by_id(cx.db.as_ref(), id, &hash, cx.now).await?;
    let Some(live) = live.filter(|live| same(live.hash.as_bytes(), hash.as_bytes())) else {
        lookups::refuse(cx, presented);
        return Ok(None);
    };
    let Some(tenant) = tenants::by_id(cx, &live.tenant_id).await? else { return Ok(None) };
    let mut scopes = Scopes::of(&live.scopes);
    let subject = match live.user {
        Some((user, granted)) => {
            // A key never does more than its person may now, nor than the grant that it was made through.
            scopes = scopes.within(&Scopes::of_person(&granted));
            if let Some(grant) = &live.grant {
                if !standing::stands(&tenant, &user, &grant.amr) {
                    return Ok(None);
                }
                scopes = scopes.within(&Scopes::from_list(&grant.scope));
            }
            Subject::User(Rc::new(user))
        }
        None => Subject::Service { id: live.id.clone(), roles: live.roles },
    };
    let by = Act { sub: live.id.clone(), act: None };
    let act = live.grant.as_ref().map(|grant| Act { sub: grant.client_id.clone(), act: Some(Box::new(by)) });
    let ends = live.grant.as_ref().map(|grant| grant.expires_at);
    Ok(Some(remember(
        cx,
        key,
        Credential {
            kind: Accepts::ApiKey,
            tenant,
            subject,
            session_id: None,
            key_id: Some(live.id),
            client_id: live.grant.map(|grant| grant.client_id),
            scopes,
            audiences: live.audiences.map(Audiences),
            act,
            amr: Vec::new(),
            auth_time: None,
            proved_at: None,
            expires_at: live.expires_at.into_iter().chain(ends).min(),
            minted: RefCell::default(),
        },
    )))
}

/// An assertion, with what else than its caller it was minted from: while that is the same object, so are
/// its facts.
#[derive(Debug)]
pub struct Minted {
    pub(crate) route_id: String,
    pub(crate) table: Rc<RouteTable>,
    pub(crate) value: Rc<str>,
    pub(crate) until: Time,
}

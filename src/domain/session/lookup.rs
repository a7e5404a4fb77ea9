//! Whom a presented credential authenticates: a bearer token, a session cookie or an API key, as the database has it.

use std::cell::RefCell;
use std::rc::Rc;

use crate::crypto::api_key::parse_key;
use crate::crypto::jws::{LONGEST, Untrusted, canonical};
use crate::crypto::secret::{can_be_secret, same, sha256, stored};
use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::refusal::Error;
use crate::domain::session::credential::{Credential, Subject};
use crate::domain::session::remembered::{Credentials, recall, remember};
use crate::domain::session::standing;
use crate::domain::tenants::{self, Tenant};
use crate::domain::throttle::lookups;
use crate::model::client::CLIENT_CREDENTIALS;
use crate::model::document_id::row_id;
use crate::model::route::Accepts;
use crate::model::scope::Scopes;
use crate::model::time::Time;
use crate::oidc::access_token::{AccessToken, Act, Audiences, TYP, Whose};
use crate::ports::Fault;
use crate::store;

/// What an access token is, as far as the token itself says.
pub(crate) enum Examined {
    /// One that this isolate remembers.
    Known(Rc<Credential>),
    /// One that we signed, and that is not over.
    Verified(Box<Verified>),
    /// None of ours.
    Nothing,
}

/// An access token that we signed.
pub(crate) struct Verified {
    /// In its one spelling.
    pub(crate) token: String,
    pub(crate) tenant: Rc<Tenant>,
    pub(crate) claims: AccessToken,
    /// When it was made.
    pub(crate) issued_at: Time,
    /// When it ends.
    pub(crate) until: Time,
}

/// Verifies an access token: its signature, times, type and issuer. Whether whom it speaks of is still there is asked next.
///
/// # Errors
/// [`Refusal::Limited`](crate::domain::refusal::Refusal::Limited) for an address that presented too much that is
/// unknown; not for a token that we signed.
pub(crate) async fn examine(cx: &Cx, token: &str) -> Result<Examined, Error> {
    if token.len() > LONGEST {
        return Ok(Examined::Nothing);
    }
    if let Some(known) = recall::<Credentials>(cx, token, Accepts::Bearer).await? {
        return Ok(Examined::Known(known));
    }
    let Some(untrusted) = Untrusted::parse(token, TYP) else { return Ok(Examined::Nothing) };
    let Some(Whose { tenant_id }) = untrusted.claims_unchecked() else { return Ok(Examined::Nothing) };
    let Some(tenant) = tenants::find_named(cx, &tenant_id).await? else { return Ok(Examined::Nothing) };
    let keys = keys::of(cx, &tenant.id).await?;
    let Some((mut claims, until)) = keys.verify::<AccessToken>(&untrusted, cx.now) else {
        lookups::note_unknown(cx);
        lookups::admit(cx).await?;
        return Ok(Examined::Nothing);
    };
    // From here on a client has our name for it.
    claims.client_id = claims.client_id.map(|id| row_id(&tenant.id, &id, sha256).into_owned());
    if claims.iss != tenant.issuer || claims.kind != "access" {
        return Ok(Examined::Nothing);
    }
    // The other spelling of its signature is no other token.
    let token = canonical(token).into_owned();
    if let Some(known) = recall::<Credentials>(cx, &token, Accepts::Bearer).await? {
        return Ok(Examined::Known(known));
    }
    // We write `iat` into every token.
    let issued_at = untrusted.issued_at_unchecked().unwrap_or(Time(0));
    Ok(Examined::Verified(Box::new(Verified { token, tenant, claims, issued_at, until })))
}

/// Whom an access token authenticates; `None` if it is not ours, over, or its session or client is gone. Whom
/// it is for is the caller's to check, with [`Credential::is_for`], and who may use it if it is bound to a key.
///
/// # Errors
/// As [`examine`].
pub(crate) async fn by_access_token(cx: &Cx, token: &str) -> Result<Option<Rc<Credential>>, Error> {
    match examine(cx, token).await? {
        Examined::Known(known) => Ok(Some(known)),
        Examined::Verified(verified) => look_up(cx, *verified).await,
        Examined::Nothing => Ok(None),
    }
}

/// Whom a verified token authenticates, as the database has it.
///
/// # Errors
/// As [`examine`].
pub(crate) async fn look_up(cx: &Cx, verified: Verified) -> Result<Option<Rc<Credential>>, Error> {
    let Verified { token, tenant, claims, until, .. } = verified;
    let presented = format!("bearer:{}", stored(&token));
    if lookups::is_refused(cx, &presented) {
        lookups::admit(cx).await?;
        return Ok(None);
    }
    let as_of = cx.as_of();
    let found = match &claims.sid {
        Some(sid) => of_session(cx, &tenant, &claims, sid).await?,
        None => of_client(cx, &tenant, &claims).await?,
    };
    let Some(TokenOwner { subject, scopes, userinfo_claims, amr, auth_time, proved_at, ends_at }) = found
    else {
        lookups::refuse(cx, presented);
        return Ok(None);
    };
    Ok(Some(remember::<Credentials>(
        cx,
        as_of,
        &token,
        Credential {
            kind: Accepts::Bearer,
            tenant,
            subject,
            session_id: claims.sid,
            key_id: None,
            grant_id: None,
            client_id: claims.client_id,
            scopes,
            userinfo_claims,
            audiences: Some(claims.aud),
            cnf: claims.cnf,
            act: claims.act,
            amr,
            auth_time,
            proved_at,
            expires_at: ends_at.map_or(Some(until), |end| Some(end.min(until))),
            minted: RefCell::default(),
        },
    )))
}

/// Whom a token authenticates, as it is now.
struct TokenOwner {
    subject: Subject,
    scopes: Scopes,
    userinfo_claims: Vec<String>,
    amr: Vec<String>,
    auth_time: Option<Time>,
    proved_at: Option<Time>,
    /// When the session ends, if there is one.
    ends_at: Option<Time>,
}

async fn of_session(
    cx: &Cx,
    tenant: &Tenant,
    claims: &AccessToken,
    sid: &str,
) -> Result<Option<TokenOwner>, Fault> {
    let Some(live) = store::sessions::live_by_id(cx.db.as_ref(), sid, cx.now).await? else {
        return Ok(None);
    };
    let same = live.user.id == claims.sub
        && live.user.tenant_id == tenant.id
        && live.client_id.as_deref() == claims.client_id.as_deref()
        && standing::is_sufficient(tenant, &live.user, &live.amr);
    // A person's scopes, like their roles, are those that they have now, whatever the token says; a client's are at
    // most what it was lent.
    let scopes = match live.client_id {
        None => Scopes::of_person(&live.granted),
        Some(_) => Scopes::from_list(&claims.scope).within(&Scopes::lendable(&live.granted)),
    };
    let (auth_time, proved_at, ends_at) = (Some(live.auth_time), Some(live.proved_at), Some(live.ends_at()));
    let subject = Subject::User(Rc::new(live.user));
    let (userinfo_claims, amr) = (live.userinfo_claims, live.amr);
    Ok(same.then_some(TokenOwner { subject, scopes, userinfo_claims, amr, auth_time, proved_at, ends_at }))
}

/// A token that a client got for itself is its as long as it may get one.
async fn of_client(cx: &Cx, tenant: &Tenant, claims: &AccessToken) -> Result<Option<TokenOwner>, Fault> {
    if claims.client_id.as_deref() != Some(claims.sub.as_str()) {
        return Ok(None);
    }
    let client = store::clients::by_id(cx.db.as_ref(), &tenant.id, &claims.sub).await?;
    let client = client.filter(|client| client.metadata.grants(CLIENT_CREDENTIALS));
    Ok(client.map(|client| TokenOwner {
        subject: Subject::Service { id: client.id, roles: client.metadata.roles },
        scopes: Scopes::from_list(&claims.scope),
        userinfo_claims: Vec::new(),
        amr: Vec::new(),
        auth_time: None,
        proved_at: None,
        ends_at: None,
    }))
}

/// Whom a session cookie authenticates.
///
/// # Errors
/// [`Refusal::Limited`](crate::domain::refusal::Refusal::Limited) for an address that presented too much that is
/// unknown.
pub(crate) async fn by_cookie(cx: &Cx, value: &str) -> Result<Option<Rc<Credential>>, Error> {
    if !can_be_secret(value) {
        return Ok(None);
    }
    if let Some(known) = recall::<Credentials>(cx, value, Accepts::Cookie).await? {
        return Ok(Some(known));
    }
    let hash = stored(value);
    let presented = format!("cookie:{hash}");
    lookups::admit(cx).await?;
    if lookups::is_refused(cx, &presented) {
        return Ok(None);
    }
    let as_of = cx.as_of();
    let Some(live) = store::sessions::live_by_cookie(cx.db.as_ref(), &hash, cx.now).await? else {
        lookups::refuse(cx, presented);
        return Ok(None);
    };
    let Some(tenant) = tenants::by_id(cx, &live.user.tenant_id).await? else { return Ok(None) };
    let ends_at = live.ends_at();
    if !standing::is_sufficient(&tenant, &live.user, &live.amr) {
        return Ok(None);
    }
    Ok(Some(remember::<Credentials>(
        cx,
        as_of,
        value,
        Credential {
            kind: Accepts::Cookie,
            tenant,
            subject: Subject::User(Rc::new(live.user)),
            session_id: Some(live.id),
            key_id: None,
            grant_id: None,
            client_id: None,
            scopes: Scopes::of_person(&live.granted),
            userinfo_claims: Vec::new(),
            audiences: None,
            cnf: None,
            act: None,
            amr: live.amr,
            auth_time: Some(live.auth_time),
            proved_at: Some(live.proved_at),
            // Its use is noted where it is looked up: it is, before the session is over without it.
            expires_at: Some(ends_at),
            minted: RefCell::default(),
        },
    )))
}

/// Notes that a key was used, once an hour: nobody waits for that.
fn note_key_use(cx: &Cx, id: String) {
    let context = cx.clone();
    cx.background.run(Box::pin(async move {
        let noted = context.db.run(vec![store::api_keys::note_use(&id, context.now)]).await;
        if let Err(fault) = noted {
            context.log_fault("api_keys.used", &fault);
        }
    }));
}

/// Whom an API key authenticates. A key whose checksum is wrong is refused before any look-up.
///
/// # Errors
/// As [`by_cookie`].
pub(crate) async fn by_api_key(cx: &Cx, key: &str) -> Result<Option<Rc<Credential>>, Error> {
    if !can_be_secret(key) {
        return Ok(None);
    }
    if let Some(known) = recall::<Credentials>(cx, key, Accepts::ApiKey).await? {
        return Ok(Some(known));
    }
    let Some(id) = parse_key(key) else { return Ok(None) };
    let hash = stored(key);
    let presented = format!("key:{hash}");
    lookups::admit(cx).await?;
    if lookups::is_refused(cx, &presented) {
        return Ok(None);
    }
    let as_of = cx.as_of();
    let live = store::api_keys::live_by_id(cx.db.as_ref(), id, cx.now).await?;
    let Some(live) = live.filter(|live| same(live.hash.as_bytes(), hash.as_bytes())) else {
        lookups::refuse(cx, presented);
        return Ok(None);
    };
    if !live.use_is_noted {
        note_key_use(cx, live.id.clone());
    }
    let Some(tenant) = tenants::by_id(cx, &live.tenant_id).await? else { return Ok(None) };
    let audiences = live.audiences.map(|stored| Audiences(tenant.audiences_from_store(stored)));
    let mut scopes = Scopes::of(&live.scopes);
    let subject = match live.user {
        Some((user, granted)) => {
            // A key never does more than its person may now, nor than the grant that it was made through.
            scopes = scopes.within(&Scopes::of_keys(&granted));
            if let Some(grant) = &live.grant {
                if !standing::is_sufficient(&tenant, &user, &grant.amr) {
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
    let (ends, grant_id) = match &live.grant {
        Some(grant) => (Some(grant.expires_at), Some(grant.id.clone())),
        None => (None, None),
    };
    Ok(Some(remember::<Credentials>(
        cx,
        as_of,
        key,
        Credential {
            kind: Accepts::ApiKey,
            tenant,
            subject,
            session_id: None,
            key_id: Some(live.id),
            grant_id,
            client_id: live.grant.map(|grant| grant.client_id),
            scopes,
            userinfo_claims: Vec::new(),
            audiences,
            cnf: None,
            act,
            amr: Vec::new(),
            auth_time: None,
            proved_at: None,
            expires_at: live.expires_at.into_iter().chain(ends).min(),
            minted: RefCell::default(),
        },
    )))
}

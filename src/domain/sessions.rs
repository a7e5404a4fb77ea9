//! Sessions: how they begin and end, and the tokens that stand for them.

use crate::crypto::jws::Validity;
use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::principal::Session;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::Tenant;
use crate::domain::{backchannel, keys};
use crate::model::scope::Scopes;
use crate::model::time::Time;
use crate::oidc::access_token::{AccessToken, Audiences, TYP};
use crate::ports::{Fault, Stmt};
use crate::store;
pub use crate::store::sessions::Shown;
use crate::store::sessions::{Session as Row, Whose};
use crate::store::users::User;
use crate::store::{Listed, Page};

/// The name of the session cookie.
pub const COOKIE: &str = "__Host-portcullis";

/// The pair that stands for a session in an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// A JWT.
    pub access: String,
    /// Seconds until it expires.
    pub expires_in: i64,
    /// Opaque; good for one refresh.
    pub refresh: String,
}

/// A session that is about to begin.
struct Beginning {
    row: Row,
    batch: Vec<Stmt>,
}

fn beginning(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    amr: &str,
    cookie: Option<&str>,
    alive_for: i64,
) -> Beginning {
    let row = Row {
        id: cx.id(),
        tenant_id: tenant.id.clone(),
        user_id: user.id.clone(),
        cookie_hash: cookie.map(stored),
        amr: vec![amr.to_owned()],
        auth_time: cx.now,
        address: cx.client.address.clone(),
        user_agent: cx.client.user_agent.clone(),
        created_at: cx.now,
        idle_seconds: cookie.map(|_| tenant.settings.session_idle_seconds),
        expires_at: cx.now.plus(alive_for),
    };
    let entry = Entry::ok("login.succeeded").by(&user.id).on(&row.id).saying(amr);
    let batch = vec![
        store::sessions::insert(&row),
        store::users::logged_in(&user.id, cx.now),
        store::usage::seen(&tenant.id, &user.id, cx.now),
        audit::row(cx, &tenant.id, entry),
    ];
    Beginning { row, batch }
}

/// Writes the session, unless its user was disabled or deleted meanwhile.
async fn begin(cx: &Cx, beginning: Beginning) -> Result<Row, Error> {
    let answers = cx.db.run(beginning.batch).await?;
    if answers.first().is_none_or(Vec::is_empty) {
        return Err(Refusal::WrongPassword.into());
    }
    Ok(beginning.row)
}

/// Begins a session for an API: with an access and a refresh token.
pub async fn begin_with_tokens(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    amr: &str,
    more: Vec<Stmt>,
) -> Result<Tokens, Error> {
    let refresh = cx.secret();
    let mut beginning = beginning(cx, tenant, user, amr, None, tenant.settings.refresh_token_seconds);
    let Row { id, tenant_id, expires_at, .. } = &beginning.row;
    beginning.batch.push(store::refresh_tokens::insert(
        &stored(&refresh),
        id,
        tenant_id,
        *expires_at,
        cx.now,
    ));
    beginning.batch.extend(more);
    let row = begin(cx, beginning).await?;
    let access = access_token(cx, tenant, user, &row.id, &row.amr, row.auth_time).await?;
    Ok(Tokens { access, expires_in: tenant.settings.access_token_seconds, refresh })
}

/// Begins a session for a browser; returns the cookie's value.
pub async fn begin_with_cookie(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    amr: &str,
    more: Vec<Stmt>,
) -> Result<String, Error> {
    let cookie = cx.secret();
    let alive_for = tenant.settings.session_absolute_seconds;
    let mut beginning = beginning(cx, tenant, user, amr, Some(&cookie), alive_for);
    beginning.batch.extend(more);
    begin(cx, beginning).await?;
    Ok(cookie)
}

/// A fresh access token for a session.
pub async fn access_token(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    session_id: &str,
    amr: &[String],
    auth_time: Time,
) -> Result<String, Fault> {
    let claims = AccessToken {
        iss: tenant.issuer.clone(),
        sub: user.id.clone(),
        user_id: Some(user.id.clone()),
        tenant_id: tenant.id.clone(),
        aud: Audiences::one(&tenant.issuer),
        client_id: None,
        jti: cx.id(),
        sid: Some(session_id.to_owned()),
        roles: user.roles.clone(),
        scope: Scopes::own_session().list(),
        plan: user.plan.clone().unwrap_or_else(|| tenant.settings.default_plan.clone()),
        kind: "access".into(),
        amr: Some(amr.to_vec()),
        auth_time: Some(auth_time.unix()),
        act: None,
    };
    let validity = Validity { from: cx.now, until: cx.now.plus(tenant.settings.access_token_seconds) };
    keys::of(cx, &tenant.id).await?.sign(TYP, validity, &claims)
}

/// Ends one session, with its cookie, its refresh family and what was granted to clients in it, unless for
/// offline access. Access tokens of it are refused as soon as
/// isolates look again.
pub async fn end(cx: &Cx, tenant_id: &str, user_id: &str, session_id: &str) -> Result<(), Fault> {
    let entry = Entry::ok("logout").by(user_id).on(session_id);
    let mut batch = store::sessions::end(session_id, cx.now).to_vec();
    batch.push(audit::row(cx, tenant_id, entry));
    cx.db.run(batch).await?;
    cx.cache.forget_user(user_id);
    backchannel::soon(cx, user_id);
    Ok(())
}

/// A page of a user's live sessions; `own` leaves out those that were granted to clients.
pub async fn list(
    cx: &Cx,
    tenant: &Tenant,
    user_id: &str,
    own: bool,
    page: &Page,
) -> Result<Listed<Shown>, Fault> {
    let whose = Whose { tenant_id: &tenant.id, user_id, own };
    store::sessions::list(cx.db.as_ref(), &whose, page, cx.now).await
}

/// Ends one session of a user, for themselves or for an administrator.
///
/// # Errors
/// [`Refusal::NotFound`] if it is none of theirs, or over.
pub async fn revoke(cx: &Cx, tenant: &Tenant, actor: &str, user_id: &str, id: &str) -> Result<(), Error> {
    let live = store::sessions::live_by_id(cx.db.as_ref(), id, cx.now).await?;
    if live.is_none_or(|live| live.user.id != user_id || live.user.tenant_id != tenant.id) {
        return Err(Refusal::NotFound.into());
    }
    let mut batch = store::sessions::end(id, cx.now).to_vec();
    batch.push(audit::row_if_changed(cx, &tenant.id, Entry::ok("session.revoked").by(actor).on(id)));
    cx.db.run(batch).await?;
    cx.cache.forget_user(user_id);
    backchannel::soon(cx, user_id);
    Ok(())
}

/// Ends all sessions of a user but the one that they ask from.
pub async fn revoke_others(cx: &Cx, session: &Session) -> Result<(), Fault> {
    let end = store::sessions::end_all_but(&session.user.id, session.session_id.as_deref(), cx.now);
    let entry = Entry::ok("session.revoked").by(&session.user.id).saying("all others");
    let mut batch = end.to_vec();
    batch.push(audit::row(cx, &session.tenant.id, entry));
    cx.db.run(batch).await?;
    cx.cache.forget_user(&session.user.id);
    backchannel::soon(cx, &session.user.id);
    Ok(())
}

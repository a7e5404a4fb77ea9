//! Sessions: how they begin and end, and the tokens that stand for them.

use crate::crypto::jws::Validity;
use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry, Mark};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::session::delegation;
use crate::domain::session::principal::{CredentialAdmin, OwnSession};
use crate::domain::tenants::Tenant;
use crate::domain::{backchannel, keys};
use crate::model::scope::Scopes;
use crate::model::time::Time;
use crate::oidc::access_token::{AccessToken, Audiences, TYP};
use crate::oidc::id_token::acr;
use crate::ports::{Fault, Rows, Stmt};
use crate::store::replaced_sessions::{self, Next};
pub(crate) use crate::store::sessions::SessionSummary;
use crate::store::sessions::{Session as Row, Whose};
use crate::store::users::User;
use crate::store::{self, Listed, Page};

/// The name of the session cookie.
pub(crate) const COOKIE: &str = "__Host-portcullis";

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

/// What stands for a session that begins or changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionSecret {
    /// In an API.
    Tokens(Tokens),
    /// In a browser: the cookie's value.
    Cookie(String),
}

/// A session that is about to begin.
pub struct Begin<'a> {
    tenant: &'a Tenant,
    user: &'a User,
    row: Row,
    mark: Mark,
    /// What is spent for it, in this order: each statement changes something, or there is no session.
    pub(crate) gate: Vec<Stmt>,
    /// The hash that a password was checked with: whoever changes the password meanwhile shuts out who knows the
    /// one before.
    pub(crate) password_hash: Option<String>,
    /// What else is written. It asks for [`Begin::mark`] if it must not be without the session.
    pub(crate) writes: Vec<Stmt>,
    /// Hash of the cookie that the browser held until now.
    replaces: Option<String>,
}

impl<'a> Begin<'a> {
    /// Of a user who proved who they are in these ways (RFC 8176).
    pub fn new(cx: &Cx, tenant: &'a Tenant, user: &'a User, amr: Vec<String>) -> Begin<'a> {
        let row = Row {
            id: cx.id(),
            tenant_id: tenant.id.clone(),
            user_id: user.id.clone(),
            cookie_hash: None,
            amr,
            auth_time: cx.now,
            address: cx.caller.address.clone(),
            user_agent: cx.caller.user_agent.clone(),
            created_at: cx.now,
            idle_seconds: None,
            expires_at: cx.now,
        };
        let entry = Entry::ok("login.succeeded").by(&user.id).on(&row.id).saying(row.amr.join(" "));
        let mark = audit::mark(cx, &tenant.id, entry);
        let (gate, writes) = (Vec::new(), Vec::new());
        Begin { tenant, user, row, mark, gate, password_hash: None, writes, replaces: None }
    }

    /// The event that is written if the session begins.
    pub(crate) fn mark(&self) -> &str {
        &self.mark.id
    }

    /// Begins it for an API; `None` if something of the gate was spent before, or the user was disabled or
    /// deleted meanwhile.
    pub async fn with_tokens(mut self, cx: &Cx) -> Result<Option<Tokens>, Fault> {
        let settings = self.tenant.settings_for(self.user);
        let refresh = cx.secret();
        self.row.expires_at = cx.now.plus(settings.refresh_token_seconds);
        let Row { id, tenant_id, expires_at, .. } = &self.row;
        self.writes.push(store::refresh_tokens::insert(
            &stored(&refresh),
            id,
            tenant_id,
            *expires_at,
            cx.now,
        ));
        let (tenant, user) = (self.tenant, self.user);
        let asks = vec![store::roles::granted_to(&user.id)];
        let Some((row, more)) = self.write(cx, asks).await? else { return Ok(None) };
        let granted = store::roles::read_granted(&more)?;
        let access = access_token(cx, tenant, user, &granted, &row.id, &row.amr, row.auth_time).await?;
        Ok(Some(Tokens { access, expires_in: settings.access_token_seconds, refresh }))
    }

    /// Begins it for a browser; the cookie's value, or `None` as with tokens.
    pub async fn with_cookie(mut self, cx: &Cx) -> Result<Option<String>, Fault> {
        let settings = self.tenant.settings_for(self.user);
        let cookie = cx.secret();
        self.row.cookie_hash = Some(stored(&cookie));
        self.row.idle_seconds = Some(settings.session_idle_seconds);
        self.row.expires_at = cx.now.plus(settings.session_absolute_seconds);
        Ok(self.write(cx, Vec::new()).await?.map(|_| cookie))
    }

    /// Begins it for whoever is to hold it; `None` as with tokens. A browser holds one session: the same person's
    /// before is adopted, with what was granted in it, and another's ends.
    pub(crate) async fn held_by(
        mut self,
        cx: &Cx,
        channel: Channel<'_>,
    ) -> Result<Option<SessionSecret>, Fault> {
        Ok(match channel {
            Channel::Api => self.with_tokens(cx).await?.map(SessionSecret::Tokens),
            Channel::Browser { session, .. } => {
                self.replaces = session.filter(|cookie| !cookie.is_empty()).map(stored);
                self.with_cookie(cx).await?.map(SessionSecret::Cookie)
            }
        })
    }

    /// Writes it down, and answers what is asked last in the same batch.
    async fn write(self, cx: &Cx, asks: Vec<Stmt>) -> Result<Option<(Row, Rows)>, Fault> {
        let Begin { tenant, user, row, mark, gate, password_hash, writes, replaces } = self;
        let insert = store::sessions::insert(&row, password_hash.as_deref(), !gate.is_empty());
        let at = gate.len();
        let mut batch = store::chained(gate);
        batch.push(insert);
        batch.extend([
            mark.stmt,
            store::users::logged_in(&user.id, cx.now, &mark.id),
            store::usage::seen(&tenant.id, &user.id, cx.now, &mark.id),
        ]);
        batch.extend(writes);
        let replaced = match &replaces {
            Some(cookie_hash) => {
                let next = Next { id: &row.id, user_id: &user.id, mark: &mark.id };
                batch.extend(replaced_sessions::adopt(cookie_hash, &next, cx.now));
                let entry = Entry::ok("session.adopted").by(&user.id).on(&row.id);
                batch.push(audit::row_if_changed(cx, &tenant.id, entry));
                let [tell, end] = replaced_sessions::end_anothers(cookie_hash, &next, cx.now);
                batch.extend([tell, end]);
                let ended = batch.len().saturating_sub(1);
                let entry = Entry::ok("session.replaced").by(&user.id).on(&row.id);
                batch.push(audit::row_if_changed(cx, &tenant.id, entry.saying("of another user")));
                Some(ended)
            }
            None => None,
        };
        batch.extend(asks);
        let mut answers = cx.db.run(batch).await?;
        let began = answers.get(at).is_some_and(|rows| !rows.is_empty());
        if let Some(at) = replaced.filter(|_| began) {
            cx.memory.forget_user(&user.id);
            if let Some(other) = answers.get(at).and_then(|rows| rows.first()) {
                let other = store::Columns(other).text("user_id")?;
                cx.memory.forget_user(&other);
                backchannel::notify_clients_in_background(cx, &other);
            }
        }
        Ok(began.then(|| (row, answers.pop().unwrap_or_default())))
    }
}

/// A session whose person proves more in it.
pub(crate) struct Upgrade<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) user: &'a User,
    pub(crate) session_id: &'a str,
    /// What is proved in it from then on.
    pub(crate) amr: &'a [String],
    /// What is spent for it, in this order: each statement changes something, or nothing is done.
    pub(crate) gate: Vec<Stmt>,
    /// The event.
    pub(crate) mark: Mark,
    /// What else is written.
    pub(crate) writes: Vec<Stmt>,
    /// Whether what was proved is something that the person had before, and so says that it is them.
    pub(crate) proves: bool,
}

impl Upgrade<'_> {
    /// Does it; what stood for the session does no more, and this does. `None` if something of the gate was
    /// spent before, or the session is over.
    pub(crate) async fn write(self, cx: &Cx, channel: Channel<'_>) -> Result<Option<SessionSecret>, Fault> {
        let Upgrade { tenant, user, session_id, amr, gate, mark, writes, proves } = self;
        let secret = cx.secret();
        let hash = stored(&secret);
        let at = gate.len() + 1;
        let mut batch = store::chained(gate);
        batch.push(mark.stmt);
        let cookie = channel.is_browser().then_some(hash.as_str());
        let proved_at = proves.then_some(cx.now);
        batch.push(store::sessions::upgrade(session_id, amr, cookie, proved_at, &mark.id));
        if !channel.is_browser() {
            batch.extend(store::refresh_tokens::replace(&hash, session_id, cx.now, &mark.id));
        }
        batch.extend(writes);
        batch.push(store::roles::granted_to(&user.id));
        let answers = cx.db.run(batch).await?;
        let Some(row) = answers.get(at).and_then(|rows| rows.first()) else { return Ok(None) };
        cx.memory.forget_user(&user.id);
        if channel.is_browser() {
            return Ok(Some(SessionSecret::Cookie(secret)));
        }
        let auth_time = store::Columns(row).time("auth_time")?;
        let granted = store::roles::read_granted(answers.last().map(Vec::as_slice).unwrap_or_default())?;
        let access = access_token(cx, tenant, user, &granted, session_id, amr, auth_time).await?;
        let expires_in = tenant.settings_for(user).access_token_seconds;
        Ok(Some(SessionSecret::Tokens(Tokens { access, expires_in, refresh: secret })))
    }
}

/// A fresh access token for a session of a user who has these custom scopes.
pub(crate) async fn access_token(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    granted: &[String],
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
        roles: Some(user.roles.clone()),
        scope: Scopes::of_person(granted).list(),
        plan: Some(user.plan.clone().unwrap_or_else(|| tenant.settings.default_plan.clone())),
        kind: "access".into(),
        amr: Some(amr.to_vec()),
        acr: Some(acr(amr).into()),
        auth_time: Some(auth_time.unix()),
        act: None,
    };
    let validity =
        Validity { from: cx.now, until: cx.now.plus(tenant.settings_for(user).access_token_seconds) };
    keys::of(cx, &tenant.id).await?.sign(TYP, validity, &claims)
}

/// Ends one session, with its cookie, its refresh family and what was granted to clients in it, unless for
/// offline access. Access tokens of it are refused as soon as
/// isolates look again.
pub(crate) async fn end(cx: &Cx, tenant_id: &str, user_id: &str, session_id: &str) -> Result<(), Fault> {
    let entry = Entry::ok("logout").by(user_id).on(session_id);
    let mut batch = store::sessions::end(session_id, cx.now).to_vec();
    batch.push(audit::row(cx, tenant_id, entry));
    cx.db.run(batch).await?;
    cx.memory.forget_user(user_id);
    backchannel::notify_clients_in_background(cx, user_id);
    Ok(())
}

/// A page of a user's live sessions; `own` leaves out those that were granted to clients.
pub(crate) async fn list(
    cx: &Cx,
    tenant: &Tenant,
    user_id: &str,
    own: bool,
    page: &Page,
) -> Result<Listed<SessionSummary>, Fault> {
    let whose = Whose { tenant_id: &tenant.id, user_id, own };
    store::sessions::list(cx.db.as_ref(), &whose, page, cx.now).await
}

/// A person's own live sessions, the one that they ask from first, then the newest; and how many there are.
pub(crate) async fn newest(
    cx: &Cx,
    session: &OwnSession,
    limit: usize,
) -> Result<(Vec<SessionSummary>, usize), Fault> {
    let whose = Whose { tenant_id: &session.tenant.id, user_id: &session.user.id, own: true };
    store::sessions::newest(cx.db.as_ref(), &whose, session.id(), limit, cx.now).await
}

/// Ends one session of a user, for themselves or for an administrator.
///
/// # Errors
/// [`Refusal::NotFound`] if it is none of theirs, or over.
pub(crate) async fn revoke(
    cx: &Cx,
    tenant: &Tenant,
    actor: &str,
    user_id: &str,
    id: &str,
) -> Result<(), Error> {
    let live = store::sessions::live_by_id(cx.db.as_ref(), id, cx.now).await?;
    if live.is_none_or(|live| live.user.id != user_id || live.user.tenant_id != tenant.id) {
        return Err(Refusal::NotFound.into());
    }
    let mut batch = store::sessions::end(id, cx.now).to_vec();
    batch.push(audit::row_if_changed(cx, &tenant.id, Entry::ok("session.revoked").by(actor).on(id)));
    cx.db.run(batch).await?;
    cx.memory.forget_user(user_id);
    backchannel::notify_clients_in_background(cx, user_id);
    Ok(())
}

/// A page of a user's live sessions, for an administrator.
///
/// # Errors
/// As [`delegation::own_account`].
pub(crate) async fn list_by_admin(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: &str,
    page: &Page,
) -> Result<Listed<SessionSummary>, Error> {
    delegation::own_account(admin, user_id)?;
    Ok(list(cx, &admin.tenant, user_id, false, page).await?)
}

/// Ends one session of a user, for an administrator.
///
/// # Errors
/// As [`revoke`] and [`delegation::own_account`].
pub(crate) async fn revoke_by_admin(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: &str,
    id: &str,
) -> Result<(), Error> {
    delegation::own_account(admin, user_id)?;
    revoke(cx, &admin.tenant, admin.actor(), user_id, id).await
}

/// Ends all sessions of a user but the one that they ask from.
pub(crate) async fn revoke_others(cx: &Cx, session: &OwnSession) -> Result<(), Fault> {
    let end = store::sessions::end_all_but(&session.user.id, session.session_id.as_deref(), cx.now);
    let entry = Entry::ok("session.revoked").by(&session.user.id).saying("all others");
    let mut batch = end.to_vec();
    batch.push(audit::row(cx, &session.tenant.id, entry));
    cx.db.run(batch).await?;
    cx.memory.forget_user(&session.user.id);
    backchannel::notify_clients_in_background(cx, &session.user.id);
    Ok(())
}

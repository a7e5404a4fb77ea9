//! Sessions: how they begin and end, and the tokens that stand for them.

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::keys;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::access_tokens::{self, NewAccessToken, TokenSubject};
use crate::domain::session::channel::Channel;
use crate::domain::session::delegation;
use crate::domain::session::place::place;
use crate::domain::session::principal::{CredentialAdmin, OwnSession};
use crate::domain::session::refresh_token::{RefreshToken, current_key};
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::model::scope::Scopes;
use crate::model::time::Time;
use crate::oidc::access_token::Audiences;
use crate::ports::Fault;
use crate::store::replaced_sessions::{self, Next};
pub(crate) use crate::store::session_lists::SessionSummary;
use crate::store::session_lists::Whose;
use crate::store::sessions::NewRefreshToken;
use crate::store::sessions::{Session as Row, SessionIdentity};
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

/// What is about to stand for a session.
enum Secret {
    Token(RefreshToken),
    Cookie(String),
}

impl Secret {
    fn new(cx: &Cx, channel: Channel<'_>, tenant_id: &str, session_id: &str) -> Secret {
        if channel.is_browser() {
            Secret::Cookie(cx.secret())
        } else {
            Secret::Token(RefreshToken::new(cx, tenant_id, session_id))
        }
    }

    fn cookie_hash(&self) -> Option<String> {
        match self {
            Secret::Cookie(cookie) => Some(stored(cookie)),
            Secret::Token(_) => None,
        }
    }

    fn refresh(&self, cx: &Cx) -> Result<Option<NewRefreshToken>, Fault> {
        match self {
            Secret::Cookie(_) => Ok(None),
            Secret::Token(token) => token.to_store(cx).map(Some),
        }
    }
}

/// A session that is about to begin.
pub struct NewSession<'a> {
    cx: &'a Cx,
    tenant: &'a Tenant,
    user: &'a User,
    row: Row,
}

impl<'a> NewSession<'a> {
    /// Of a user who proved who they are in these ways (RFC 8176).
    pub fn new(cx: &'a Cx, tenant: &'a Tenant, user: &'a User, amr: Vec<String>) -> NewSession<'a> {
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
            identity: None,
            place: place(cx),
            refresh: None,
        };
        NewSession { cx, tenant, user, row }
    }

    /// With the identity that it begins with, if it does with one.
    pub(crate) fn of_identity(mut self, identity: Option<&SessionIdentity>) -> NewSession<'a> {
        self.row.identity = identity.cloned();
        self
    }

    /// The change that begins it, in which is taken first what the sign-in spends.
    pub fn change(&self) -> Change<'a> {
        let entry = Entry::ok("login.succeeded").by(&self.user.id).on(&self.row.id);
        let provider = self.row.identity.as_ref().map(|identity| identity.provider_id.as_str());
        let said: Vec<&str> = self.row.amr.iter().map(String::as_str).chain(provider).collect();
        Change::new(self.cx, &self.tenant.id, entry.saying(said.join(" ")))
    }

    /// Begins it for whoever is to hold it. A browser holds one session: the same person's before is adopted, with what
    /// was granted in it, and another's ends. `None` if something that is spent for it was spent before, or the user was
    /// disabled or deleted meanwhile, or has not the password of that hash any more.
    pub async fn begin(
        self,
        mut change: Change<'a>,
        password_hash: Option<&str>,
        channel: Channel<'_>,
    ) -> Result<Option<SessionSecret>, Fault> {
        let NewSession { cx, tenant, user, mut row } = self;
        let settings = tenant.settings_for(user);
        let secret = Secret::new(cx, channel, &tenant.id, &row.id);
        row.cookie_hash = secret.cookie_hash();
        row.refresh = secret.refresh(cx)?;
        if channel.is_browser() {
            row.idle_seconds = Some(settings.session_idle_seconds);
            row.expires_at = cx.now.plus(settings.session_absolute_seconds);
        } else {
            row.expires_at = cx.now.plus(settings.refresh_token_seconds);
        }
        // The session at the provider ends then, and whoever goes on signs in there again.
        if let Some(until) = row.identity.as_ref().and_then(|identity| identity.until) {
            row.expires_at = row.expires_at.min(until);
        }
        change
            .take(store::sessions::insert(&row, password_hash))
            .then(store::usage::count(&user.id, cx.now))
            .then(store::users::logged_in(&user.id, cx.now));
        match channel {
            Channel::Api => {
                change.ask(store::roles::granted_to(&user.id));
            }
            Channel::Browser { session, .. } => {
                if let Some(held) = session.filter(|cookie| !cookie.is_empty()) {
                    replace(cx, &mut change, user, &row, &stored(held));
                }
            }
        }
        let Some(done) = change.commit().await? else { return Ok(None) };
        let token = match secret {
            Secret::Cookie(cookie) => return Ok(Some(SessionSecret::Cookie(cookie))),
            Secret::Token(token) => token,
        };
        let granted = store::roles::read_granted(done.answer())?;
        let session =
            TokenSession { id: &row.id, amr: &row.amr, auth_time: row.auth_time, ends_at: row.expires_at };
        let (access, expires_in) = access_token(cx, tenant, user, &granted, &session).await?;
        let refresh = token.to_text(cx, &current_key(cx, &tenant.id)?)?;
        Ok(Some(SessionSecret::Tokens(Tokens { access, expires_in, refresh })))
    }
}

/// What becomes of the session that a browser held until now, when another begins in it.
fn replace<'a>(cx: &'a Cx, change: &mut Change<'a>, user: &'a User, row: &Row, cookie_hash: &str) {
    let next = Next { id: &row.id, user_id: &user.id };
    let [move_grants @ .., end] = replaced_sessions::adopt(cookie_hash, &next, cx.now);
    let entry = Entry::ok("session.adopted").by(&user.id).on(&row.id);
    let mut adopted = Change::new(cx, &row.tenant_id, entry);
    adopted.first(move_grants).take(end);
    let [tell, end] = replaced_sessions::end_anothers(cookie_hash, &next, cx.now);
    let entry = Entry::ok("session.replaced").by(&user.id).on(&row.id).saying("of another user");
    let mut replaced = Change::new(cx, &row.tenant_id, entry);
    replaced.first([tell]).take(end).ends_sessions_of_owner();
    change.followed_by(adopted).followed_by(replaced).invalidates(Invalidation::User(&user.id));
}

/// A session whose person proves more in it.
pub(crate) struct Upgrade<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) user: &'a User,
    pub(crate) session_id: &'a str,
    /// What is proved in it from then on.
    pub(crate) amr: &'a [String],
    /// Whether what was proved is something that the person had before, and so says that it is them.
    pub(crate) proves: bool,
}

impl<'a> Upgrade<'a> {
    /// Does it; what stood for the session does no more, and this does. `None` if something that is spent for it was
    /// spent before, or the session has ended.
    pub(crate) async fn write(
        self,
        cx: &'a Cx,
        mut change: Change<'a>,
        channel: Channel<'_>,
    ) -> Result<Option<SessionSecret>, Fault> {
        let Upgrade { tenant, user, session_id, amr, proves } = self;
        let secret = Secret::new(cx, channel, &tenant.id, session_id);
        let (cookie, refresh) = (secret.cookie_hash(), secret.refresh(cx)?);
        let proved_at = proves.then_some(cx.now);
        change
            .take(store::sessions::upgrade(session_id, amr, cookie.as_deref(), refresh.as_ref(), proved_at))
            .found_by(store::sessions::upgraded(session_id))
            .invalidates(Invalidation::User(&user.id));
        if !channel.is_browser() {
            change.ask(store::roles::granted_to(&user.id));
        }
        let Some(done) = change.commit().await? else { return Ok(None) };
        let token = match secret {
            Secret::Cookie(cookie) => return Ok(Some(SessionSecret::Cookie(cookie))),
            Secret::Token(token) => token,
        };
        let Some(row) = done.row()? else { return Ok(None) };
        let row = store::Columns(row);
        let (auth_time, ends_at) = (row.time("auth_time")?, row.time("expires_at")?);
        let generation = row.int("generation")?;
        let granted = store::roles::read_granted(done.answer())?;
        let session = TokenSession { id: session_id, amr, auth_time, ends_at };
        let (access, expires_in) = access_token(cx, tenant, user, &granted, &session).await?;
        let refresh = token.at(generation)?.to_text(cx, &current_key(cx, &tenant.id)?)?;
        Ok(Some(SessionSecret::Tokens(Tokens { access, expires_in, refresh })))
    }
}

/// The session that an access token is of.
pub(crate) struct TokenSession<'a> {
    pub(crate) id: &'a str,
    pub(crate) amr: &'a [String],
    pub(crate) auth_time: Time,
    /// When it ends unless it is refreshed: its token, which may be believed without a look-up, ends no later.
    pub(crate) ends_at: Time,
}

/// A fresh access token for a session of a user who has these custom scopes, and the seconds until it expires.
pub(crate) async fn access_token(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    granted: &[String],
    session: &TokenSession<'_>,
) -> Result<(String, i64), Fault> {
    let TokenSession { id, amr, auth_time, ends_at } = *session;
    let until = cx.now.plus(tenant.settings_for(user).access_token_seconds).min(ends_at);
    let new = NewAccessToken {
        subject: TokenSubject::User { user, session_id: id, amr, auth_time: Some(auth_time) },
        client_id: None,
        audiences: Audiences::one(&tenant.issuer),
        scope: Scopes::of_person(granted).list(),
        with_roles: true,
        jkt: None,
        act: None,
        until,
    };
    let token = access_tokens::sign(cx, keys::of(cx, &tenant.id).await?.as_ref(), tenant, new)?;
    Ok((token, until.unix() - cx.now.unix()))
}

/// Ends one session, with its cookie, its refresh family and what was granted to clients in it, unless for
/// offline access. Access tokens of it are refused as soon as
/// isolates look again.
pub(crate) async fn end(cx: &Cx, tenant_id: &str, user_id: &str, session_id: &str) -> Result<(), Fault> {
    let mut change = Change::new(cx, tenant_id, Entry::ok("logout").by(user_id).on(session_id));
    change.then_all(store::sessions::end(session_id, cx.now)).ends_sessions_of(user_id);
    change.commit().await.map(drop)
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
    store::session_lists::list(cx.db.as_ref(), &whose, page, cx.now).await
}

/// A person's own live sessions, the one that they ask from first, then the newest; and how many there are.
pub(crate) async fn newest(
    cx: &Cx,
    session: &OwnSession,
    limit: usize,
) -> Result<(Vec<SessionSummary>, usize), Fault> {
    let whose = Whose { tenant_id: &session.tenant.id, user_id: &session.user.id, own: true };
    store::session_lists::newest(cx.db.as_ref(), &whose, session.id(), limit, cx.now).await
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
    let mut change = Change::new(cx, &tenant.id, Entry::ok("session.revoked").by(actor).on(id));
    let [tell, end] = store::sessions::end(id, cx.now);
    change.first([tell]).take(end).ends_sessions_of(user_id);
    // Whoever ended it meanwhile did what is asked.
    Ok(change.commit().await.map(drop)?)
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
    let entry = Entry::ok("session.revoked").by(&session.user.id).saying("all others");
    let mut change = Change::new(cx, &session.tenant.id, entry);
    change
        .then_all(store::sessions::end_all_but(&session.user.id, session.session_id.as_deref(), cx.now))
        .ends_sessions_of(&session.user.id);
    change.commit().await.map(drop)
}

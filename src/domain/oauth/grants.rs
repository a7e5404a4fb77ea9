//! What a client gets: tokens for a grant.

use serde_json::Value;

use crate::crypto::jws::Validity;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::keys;
use crate::domain::oauth::claims;
use crate::domain::oauth::narrowing::{Held, audience};
use crate::domain::session::access_tokens::{self, NewAccessToken, TokenSubject};
use crate::domain::session::place::place;
use crate::domain::session::refresh_token::{RefreshToken, current_key};
use crate::domain::tenants::Tenant;
use crate::model::client::REFRESH_TOKEN;
use crate::model::scope::{ROLES, Scopes};
use crate::model::time::Time;
use crate::oidc::id_token::{self, IdToken};
use crate::oidc::request::CLAIMS;
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::clients::Client;
use crate::store::grants::NewGrant;
use crate::store::sessions::Live;
use crate::store::users::User;

/// A user's grant to a client, as tokens are issued for it.
pub(crate) struct Grant<'a> {
    pub(crate) session_id: &'a str,
    /// The user, as of now.
    pub(crate) user: &'a User,
    /// How the user signed in.
    pub(crate) amr: &'a [String],
    /// When.
    pub(crate) auth_time: Time,
    /// What was granted.
    pub(crate) scopes: Vec<String>,
    /// What else than the issuer the tokens are for.
    pub(crate) resources: Vec<String>,
    /// The thumbprint of the key that the access token is bound to (RFC 9449 §5).
    pub(crate) jkt: Option<&'a str>,
    /// What the ID token is to repeat.
    pub(crate) nonce: Option<String>,
    /// Single claims that were asked for (OpenID Connect Core §5.5).
    pub(crate) claims: Option<Value>,
}

/// What a person in a live session let a client have, by a code or a device that is exchanged now.
pub(crate) struct Given<'a> {
    /// The grant's id, which its session has.
    pub(crate) grant_id: &'a str,
    pub(crate) live: &'a Live,
    /// What is granted.
    pub(crate) held: Held,
    /// What of it the first access token is for.
    pub(crate) for_this_token: Held,
    /// What the ID token is to repeat.
    pub(crate) nonce: Option<String>,
    /// Single claims that were asked for (OpenID Connect Core §5.5).
    pub(crate) claims: Option<Value>,
    /// The thumbprint of the key that its tokens are bound to.
    pub(crate) jkt: Option<&'a str>,
    /// The statement that takes what is exchanged.
    pub(crate) take: Stmt,
    /// The event.
    pub(crate) event: &'static str,
}

/// What a person who has these custom scopes lets a client do of what was asked for: nobody lends what they lack.
pub(crate) fn lent<'a>(asked: impl Iterator<Item = &'a str>, granted: &[String]) -> Vec<String> {
    let may = Scopes::lendable(granted);
    asked.filter(|scope| may.has(scope)).map(str::to_owned).collect()
}

/// The claims that are asked for singly under `userinfo` (OpenID Connect Core 1.0 §5.5): its person agreed to them.
fn asked_of_userinfo(claims: Option<&Value>) -> Vec<String> {
    let asked = |name: &str| claims.is_some_and(|claims| claims["userinfo"].get(name).is_some());
    CLAIMS.iter().filter(|(name, _)| asked(name)).map(|(name, _)| (*name).to_owned()).collect()
}

/// Begins a grant below the session of the person who gave it, and issues its first tokens; `None` if what is exchanged
/// was taken before, or the session has ended.
pub(crate) async fn exchange(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    given: Given<'_>,
) -> Result<Option<Issued>, Fault> {
    let Given { grant_id, live, held, for_this_token, nonce, claims, jkt, take, event } = given;
    let scopes = lent(held.scopes.iter().map(String::as_str), &live.granted);
    let refresh = client.metadata.grants(REFRESH_TOKEN).then(|| RefreshToken::new(cx, &tenant.id, grant_id));
    let to_store = refresh.as_ref().map(|token| token.to_store(cx)).transpose()?;
    let settings = tenant.settings_for(&live.user);
    let alive_for =
        if refresh.is_some() { settings.refresh_token_seconds } else { settings.access_token_seconds };
    let expires_at = cx.now.plus(alive_for);
    let new = NewGrant {
        id: grant_id,
        parent_id: &live.id,
        client_id: &client.id,
        scope: &scopes.join(" "),
        resources: &tenant.audiences_to_store(&held.resources),
        // A confidential client proves who it is at each refresh, with whichever key it has then (RFC 9449 §5).
        dpop_jkt: jkt.filter(|_| client.metadata.is_public()),
        userinfo_claims: &asked_of_userinfo(claims.as_ref()),
        address: &cx.caller.address,
        user_agent: &cx.caller.user_agent,
        created_at: cx.now,
        expires_at,
        place: &place(cx),
        refresh: to_store.as_ref(),
    };
    let entry = Entry::ok(event).by(&live.user.id).on(&client.id).saying(grant_id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .take(take)
        .take(store::grants::begin(&new))
        .then(store::usage::count(&live.user.id, cx.now))
        .then(store::usage::mark(&live.user.id, cx.now));
    if change.commit().await?.is_none() {
        return Ok(None);
    }
    let grant = Grant {
        session_id: grant_id,
        user: &live.user,
        amr: &live.amr,
        auth_time: live.auth_time,
        scopes,
        resources: for_this_token.resources,
        jkt,
        nonce,
        claims,
    };
    let key_id = current_key(cx, &tenant.id)?;
    let refresh = refresh.map(|token| token.to_text(cx, &key_id)).transpose()?;
    issue(cx, tenant, client, &grant, refresh).await.map(Some)
}

/// Tokens, as the token endpoint answers them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issued {
    /// A JWT.
    pub(crate) access: String,
    /// Seconds until it expires.
    pub(crate) expires_in: i64,
    /// Good for one refresh.
    pub(crate) refresh: Option<String>,
    /// For `openid`.
    pub(crate) id_token: Option<String>,
    /// What was granted, space-separated.
    pub(crate) scope: String,
    /// Whether the access token is bound to a key.
    pub(crate) bound: bool,
}

/// Signs an access token, and with `openid` an ID token: one signature each.
pub(crate) async fn issue(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    grant: &Grant<'_>,
    refresh: Option<String>,
) -> Result<Issued, Fault> {
    let (user, scope) = (grant.user, grant.scopes.join(" "));
    let expires_in = tenant.settings_for(user).access_token_seconds;
    let until = cx.now.plus(expires_in);
    let alg = client.metadata.id_token_signed_response_alg;
    let keys = keys::for_alg(cx, &tenant.id, alg).await?;
    let (session_id, amr) = (grant.session_id, grant.amr);
    let new = NewAccessToken {
        subject: TokenSubject::User { user, session_id, amr, auth_time: Some(grant.auth_time) },
        client_id: Some(client.client_id()),
        audiences: audience(tenant, client, &grant.scopes, &grant.resources),
        scope: scope.clone(),
        with_roles: grant.scopes.iter().any(|scope| scope == ROLES),
        jkt: grant.jkt,
        act: None,
        until,
    };
    let access = access_tokens::sign(cx, &keys, tenant, new)?;
    let id_token = if grant.scopes.iter().any(|scope| scope == "openid") {
        let claims = IdToken {
            iss: tenant.issuer.clone(),
            sub: user.id.clone(),
            aud: client.client_id().to_owned(),
            nonce: grant.nonce.clone(),
            auth_time: grant.auth_time.unix(),
            acr: id_token::acr(grant.amr).into(),
            amr: grant.amr.to_vec(),
            at_hash: Some(id_token::at_hash(&access)),
            sid: grant.session_id.to_owned(),
            tenant_id: tenant.id.clone(),
            more: claims::about(user, &client.metadata, &grant.scopes, &|name| {
                grant.claims.as_ref().is_some_and(|claims| claims["id_token"].get(name).is_some())
            }),
        };
        let validity = Validity { from: cx.now, until };
        Some(keys.sign_with(cx, alg, id_token::TYP, validity, &claims).await?)
    } else {
        None
    };
    Ok(Issued { access, expires_in, refresh, id_token, scope, bound: grant.jkt.is_some() })
}

/// A client's own access token (RFC 6749 §4.4).
pub(crate) async fn issue_to_client(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    scopes: Vec<String>,
    resources: &[String],
    jkt: Option<&str>,
) -> Result<Issued, Fault> {
    let expires_in = tenant.settings.access_token_seconds;
    let audiences = audience(tenant, client, &scopes, resources);
    // They are the client's own, but not every resource's to know.
    let with_roles = audiences.contain(&tenant.issuer) || scopes.iter().any(|scope| scope == ROLES);
    let scope = scopes.join(" ");
    let new = NewAccessToken {
        subject: TokenSubject::Client(client),
        client_id: Some(&client.id),
        audiences,
        scope: scope.clone(),
        with_roles,
        jkt,
        act: None,
        until: cx.now.plus(expires_in),
    };
    let access = access_tokens::sign(cx, keys::of(cx, &tenant.id).await?.as_ref(), tenant, new)?;
    Ok(Issued { access, expires_in, refresh: None, id_token: None, scope, bound: jkt.is_some() })
}

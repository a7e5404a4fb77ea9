//! What a client gets: tokens for a grant.

use serde_json::Value;

use crate::crypto::jws::Validity;
use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::keys;
use crate::domain::oauth::claims;
use crate::domain::tenants::Tenant;
use crate::model::client::REFRESH_TOKEN;
use crate::model::scope::{ROLES, Scopes};
use crate::model::time::Time;
use crate::oidc::access_token::{self, AccessToken, Audiences};
use crate::oidc::id_token::{self, IdToken};
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::clients::Client;
use crate::store::grants::{NewGrant, begin_if_changed};
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
    /// What the ID token is to repeat.
    pub(crate) nonce: Option<String>,
    /// Single claims that were asked for (OpenID Connect Core §5.5).
    pub(crate) claims: Option<Value>,
}

/// A grant that is about to begin.
pub(crate) struct Beginning {
    /// Its refresh token, if the client may have one.
    pub(crate) refresh: Option<String>,
    /// The statements that begin it, for a batch: right behind the one that takes what it is given for. The
    /// first answers a row if it begins.
    pub(crate) batch: Vec<Stmt>,
}

/// What a person who has these custom scopes lets a client do of what was asked for: nobody lends what they lack.
pub(crate) fn lent<'a>(asked: impl Iterator<Item = &'a str>, granted: &[String]) -> Vec<String> {
    let may = Scopes::lendable(granted);
    asked.filter(|scope| may.has(scope)).map(str::to_owned).collect()
}

/// Begins a grant below the session of the person who gave it, if the statement before it changed a row.
pub(crate) fn begin(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    grant: &Grant<'_>,
    parent_id: &str,
    entry: Entry,
) -> Beginning {
    let refresh = client.metadata.grants(REFRESH_TOKEN).then(|| cx.secret());
    let settings = tenant.settings_for(grant.user);
    let alive_for =
        if refresh.is_some() { settings.refresh_token_seconds } else { settings.access_token_seconds };
    let new = NewGrant {
        id: grant.session_id,
        parent_id,
        client_id: &client.id,
        scope: &grant.scopes.join(" "),
        resources: &grant.resources,
        address: &cx.caller.address,
        user_agent: &cx.caller.user_agent,
        created_at: cx.now,
        expires_at: cx.now.plus(alive_for),
    };
    let mark = audit::mark(cx, &tenant.id, entry);
    let active = store::usage::seen(&tenant.id, &grant.user.id, cx.now, &mark.id);
    let mut batch = vec![begin_if_changed(&new), mark.stmt, active];
    if let Some(refresh) = &refresh {
        let (hash, end) = (stored(refresh), new.expires_at);
        batch.push(store::refresh_tokens::insert(&hash, grant.session_id, &tenant.id, end, cx.now));
    }
    Beginning { refresh, batch }
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
}

/// Whom an access token is for (RFC 9068 §3): what was asked for, and us if the client is to ask us who the
/// user is; else us alone.
pub(crate) fn audience(tenant: &Tenant, scopes: &[String], resources: &[String]) -> Audiences {
    let mut all = resources.to_vec();
    let openid = scopes.iter().any(|scope| scope == "openid");
    if (all.is_empty() || openid) && !all.contains(&tenant.issuer) {
        all.push(tenant.issuer.clone());
    }
    Audiences(all)
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
    // The issuer's API and the gateway read roles and plan from the database, so that no token needs them.
    let with_roles = grant.scopes.iter().any(|scope| scope == ROLES);
    let expires_in = tenant.settings_for(user).access_token_seconds;
    let validity = Validity { from: cx.now, until: cx.now.plus(expires_in) };
    let keys = keys::of(cx, &tenant.id).await?;
    let access = AccessToken {
        iss: tenant.issuer.clone(),
        sub: user.id.clone(),
        user_id: Some(user.id.clone()),
        tenant_id: tenant.id.clone(),
        aud: audience(tenant, &grant.scopes, &grant.resources),
        client_id: Some(client.id.clone()),
        jti: cx.id(),
        sid: Some(grant.session_id.to_owned()),
        roles: with_roles.then(|| user.roles.clone()),
        scope: scope.clone(),
        plan: with_roles.then(|| user.plan.clone().unwrap_or_else(|| tenant.settings.default_plan.clone())),
        kind: "access".into(),
        amr: Some(grant.amr.to_vec()),
        acr: Some(id_token::acr(grant.amr).into()),
        auth_time: Some(grant.auth_time.unix()),
        act: None,
    };
    let access = keys.sign(access_token::TYP, validity, &access)?;
    let id_token = if grant.scopes.iter().any(|scope| scope == "openid") {
        let claims = IdToken {
            iss: tenant.issuer.clone(),
            sub: user.id.clone(),
            aud: client.id.clone(),
            nonce: grant.nonce.clone(),
            auth_time: grant.auth_time.unix(),
            acr: id_token::acr(grant.amr).into(),
            amr: grant.amr.to_vec(),
            at_hash: Some(id_token::at_hash(&access)),
            sid: grant.session_id.to_owned(),
            tenant_id: tenant.id.clone(),
            more: claims::about(
                user,
                &client.metadata,
                &grant.scopes,
                grant.claims.as_ref().and_then(|claims| claims.get("id_token")),
            ),
        };
        Some(keys.sign(id_token::TYP, validity, &claims)?)
    } else {
        None
    };
    Ok(Issued { access, expires_in, refresh, id_token, scope })
}

/// A client's own access token (RFC 6749 §4.4).
pub(crate) async fn issue_to_client(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    scopes: Vec<String>,
    resources: &[String],
) -> Result<Issued, Fault> {
    let expires_in = tenant.settings.access_token_seconds;
    let aud = audience(tenant, &scopes, resources);
    // They are the client's own, but not every resource's to know.
    let with_roles = aud.contain(&tenant.issuer) || scopes.iter().any(|scope| scope == ROLES);
    let claims = AccessToken {
        iss: tenant.issuer.clone(),
        sub: client.id.clone(),
        user_id: None,
        tenant_id: tenant.id.clone(),
        aud,
        client_id: Some(client.id.clone()),
        jti: cx.id(),
        sid: None,
        roles: with_roles.then(|| client.metadata.roles.clone()),
        scope: scopes.join(" "),
        plan: with_roles.then(|| tenant.settings.default_plan.clone()),
        kind: "access".into(),
        amr: None,
        acr: None,
        auth_time: None,
        act: None,
    };
    let validity = Validity { from: cx.now, until: cx.now.plus(expires_in) };
    let access = keys::of(cx, &tenant.id).await?.sign(access_token::TYP, validity, &claims)?;
    Ok(Issued { access, expires_in, refresh: None, id_token: None, scope: claims.scope })
}

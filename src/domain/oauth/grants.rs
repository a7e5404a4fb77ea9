//! What a client gets: tokens for a grant.

use serde_json::Value;

use crate::crypto::jws::Validity;
use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::oauth::claims;
use crate::domain::oauth::narrowing::audience;
use crate::domain::session::access_tokens::{self, NewAccessToken, TokenSubject};
use crate::domain::tenants::Tenant;
use crate::model::scope::{ROLES, Scopes};
use crate::model::time::Time;
use crate::oidc::id_token::{self, IdToken};
use crate::ports::Fault;
use crate::store::clients::Client;
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

/// What a person who has these custom scopes lets a client do of what was asked for: nobody lends what they lack.
pub(crate) fn lent<'a>(asked: impl Iterator<Item = &'a str>, granted: &[String]) -> Vec<String> {
    let may = Scopes::lendable(granted);
    asked.filter(|scope| may.has(scope)).map(str::to_owned).collect()
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

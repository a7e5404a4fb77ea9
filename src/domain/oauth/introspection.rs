//! Token introspection (RFC 7662): what a token is worth right now.

use serde_json::{Value, json};

use crate::crypto::jws::Untrusted;
use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::refusal::Error;
use crate::domain::session::principal;
use crate::domain::session::standing::is_sufficient;
use crate::domain::tenants::Tenant;
use crate::domain::throttle::lookups;
use crate::model::scope::{ROLES, Scopes};
use crate::oidc::access_token::{AccessToken, TYP};
use crate::oidc::id_token::acr;
use crate::oidc::request::is_registered;
use crate::ports::Fault;
use crate::store::clients::Client;
use crate::store::refresh_tokens;
use crate::store::sessions::Live;

/// What is said about a token: all of it about a live one of this tenant, else that it is not active and
/// nothing more (§2.2). A refresh token is told of to its own client alone.
pub(crate) async fn introspect(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    token: &str,
) -> Result<Value, Error> {
    let found = match Untrusted::parse(token, TYP) {
        Some(untrusted) => access(cx, tenant, client, token, &untrusted).await?,
        None => refresh(cx, tenant, client, token).await?,
    };
    Ok(found.unwrap_or_else(|| json!({ "active": false })))
}

async fn access(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    token: &str,
    untrusted: &Untrusted<'_>,
) -> Result<Option<Value>, Error> {
    let keys = keys::of(cx, &tenant.id).await?;
    let Some((claims, until)) = keys.verify::<AccessToken>(untrusted, cx.now) else {
        lookups::missed(cx);
        return Ok(None);
    };
    // Whether its session, user or client still stands is the guard's question as well.
    let Some(live) = principal::by_bearer(cx, token).await? else { return Ok(None) };
    if live.tenant.id != tenant.id {
        return Ok(None);
    }
    let issued_at = untrusted.issued_at_unchecked().map(|at| at.unix());
    let mut said = json!({
        "active": true, "scope": claims.scope, "token_type": "Bearer", "exp": until.unix(), "iat": issued_at,
        "nbf": issued_at, "sub": claims.sub, "aud": claims.aud, "iss": claims.iss, "jti": claims.jti,
        "tenantId": claims.tenant_id,
    });
    // What is told about a person is within the token's scope, unless it is of their own session, and within that of
    // the client that asks. A client's own roles are no person's.
    let own = claims.client_id.is_none();
    let tells = |scope: &str| is_registered(&client.metadata, scope) && (own || live.scopes.has(scope));
    if let Some(said) = said.as_object_mut() {
        said.extend(claims.client_id.map(|id| ("client_id".to_owned(), json!(id))));
        said.extend(claims.act.map(|act| ("act".to_owned(), json!(act))));
        // RFC 9470 §6.2.
        if let Some(at) = live.auth_time {
            said.insert("auth_time".into(), at.unix().into());
            said.insert("acr".into(), acr(&live.amr).into());
            said.insert("amr".into(), json!(live.amr));
        }
        said.extend(claims.sid.map(|sid| ("sid".to_owned(), json!(sid))));
        if live.user().is_none() || tells(ROLES) {
            said.insert("roles".into(), json!(live.subject.roles()));
        }
        let user = live.user().filter(|_| tells("email"));
        said.extend(user.map(|user| ("username".to_owned(), json!(user.email))));
    }
    Ok(Some(said))
}

async fn refresh(cx: &Cx, tenant: &Tenant, client: &Client, token: &str) -> Result<Option<Value>, Fault> {
    let hash = stored(token);
    let Some(found) = refresh_tokens::find(cx.db.as_ref(), &hash, &hash, cx.now).await? else {
        lookups::missed(cx);
        return Ok(None);
    };
    let own = found.tenant_id == tenant.id && found.client_id.as_deref() == Some(&client.id);
    let fresh = found.used_at.is_none() && cx.now < found.expires_at;
    let stands = |live: &Live| own && fresh && is_sufficient(tenant, &live.user, &live.amr);
    let Some(live) = found.live.filter(stands) else { return Ok(None) };
    let mut said = json!({
        "active": true, "scope": live.scope, "client_id": found.client_id, "exp": found.expires_at.unix(),
        "sub": live.user.id, "iss": tenant.issuer, "sid": found.session_id, "tenantId": tenant.id,
    });
    let granted = Scopes::from_list(live.scope.as_deref().unwrap_or_default());
    if let Some(said) = said.as_object_mut()
        && granted.has("email")
        && is_registered(&client.metadata, "email")
    {
        said.insert("username".into(), json!(live.user.email));
    }
    Ok(Some(said))
}

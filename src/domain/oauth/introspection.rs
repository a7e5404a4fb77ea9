//! Token introspection (RFC 7662): what a token is worth right now.

use crate::crypto::jws::Untrusted;
use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::refusal::Error;
use crate::domain::session::standing::is_sufficient;
use crate::domain::session::{principal, refresh};
use crate::domain::tenants::Tenant;
use crate::domain::throttle::lookups;
use crate::model::scope::{ROLES, Scopes};
use crate::model::time::Time;
use crate::oidc::access_token::{AccessToken, TYP};
use crate::oidc::dpop::Confirmation;
use crate::oidc::id_token::acr;
use crate::oidc::introspection::Introspection;
use crate::oidc::request::is_registered;
use crate::ports::Fault;
use crate::store::clients::Client;
use crate::store::sessions::Live;

/// What is said about a token: all of it about a live one of this tenant, else that it is not active and
/// nothing more (§2.2). A refresh token is told of to its own client alone.
pub(crate) async fn introspect(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    token: &str,
) -> Result<Introspection, Error> {
    let found = match Untrusted::parse(token, TYP) {
        Some(untrusted) => access(cx, tenant, client, token, &untrusted).await?,
        None => refresh_token(cx, tenant, client, token).await?,
    };
    Ok(found.unwrap_or_default())
}

async fn access(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    token: &str,
    untrusted: &Untrusted<'_>,
) -> Result<Option<Introspection>, Error> {
    let keys = keys::of(cx, &tenant.id).await?;
    let Some((claims, until)) = keys.verify::<AccessToken>(untrusted, cx.now) else {
        lookups::note_unknown(cx);
        return Ok(None);
    };
    // Whether its session, user or client still stands is the guard's question as well.
    let Some(live) = principal::by_access_token(cx, token).await? else { return Ok(None) };
    if live.tenant.id != tenant.id {
        return Ok(None);
    }
    let issued_at = untrusted.issued_at_unchecked().map(|at| at.unix());
    let mut said = Introspection {
        act: claims.act,
        active: true,
        aud: Some(claims.aud),
        cnf: claims.cnf,
        exp: Some(until.unix()),
        iat: issued_at,
        iss: Some(claims.iss),
        jti: Some(claims.jti),
        nbf: issued_at,
        scope: Some(claims.scope),
        sid: claims.sid,
        sub: Some(claims.sub),
        tenant_id: Some(claims.tenant_id),
        token_type: Some(if live.cnf.is_some() { "DPoP" } else { "Bearer" }),
        ..Introspection::default()
    };
    // What is told about a person is within the token's scope, unless it is of their own session, and within that of
    // the client that asks. A client's own roles are no person's.
    let own = claims.client_id.is_none();
    let tells = |scope: &str| is_registered(&client.metadata, scope) && (own || live.scopes.has(scope));
    // RFC 9470 §6.2.
    if let Some(at) = live.auth_time {
        said.auth_time = Some(at.unix());
        said.acr = Some(acr(&live.amr));
        said.amr = Some(live.amr.clone());
    }
    if live.user().is_none() || tells(ROLES) {
        said.roles = Some(live.subject.roles().to_vec());
    }
    said.username = live.user().filter(|_| tells("email")).map(|user| user.email.clone());
    said.client_id = claims.client_id;
    Ok(Some(said))
}

async fn refresh_token(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    token: &str,
) -> Result<Option<Introspection>, Fault> {
    let Some((token, found)) = refresh::find(cx, token).await? else { return Ok(None) };
    let own = found.tenant_id == tenant.id && found.client_id.as_deref() == Some(&client.id);
    let fresh = refresh::is_newest(cx, &token, &found);
    let stands = |live: &Live| own && fresh && is_sufficient(tenant, &live.user, &live.amr);
    let Some(live) = found.live.filter(stands) else { return Ok(None) };
    let granted = Scopes::from_list(live.scope.as_deref().unwrap_or_default());
    let tells_address = granted.has("email") && is_registered(&client.metadata, "email");
    Ok(Some(Introspection {
        active: true,
        client_id: Some(client.client_id().to_owned()),
        cnf: live.dpop_jkt.map(|jkt| Confirmation { jkt }),
        exp: found.until.map(Time::unix),
        iss: Some(tenant.issuer.clone()),
        scope: live.scope,
        sid: Some(found.session_id),
        sub: Some(live.user.id),
        tenant_id: Some(tenant.id.clone()),
        username: tells_address.then_some(live.user.email),
        ..Introspection::default()
    }))
}

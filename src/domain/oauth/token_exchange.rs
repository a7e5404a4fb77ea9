//! Token exchange (RFC 8693): a backend that got a user's token gets one of its own, to call the next service
//! on behalf of that user.
//!
//! The new token says who acts (`act`) and never allows more than the old one: not in scope, not in time, and
//! not to whom. It is a grant of its own below the one it came from, so that it ends with that.

use std::rc::Rc;

use crate::crypto::jws::Validity;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::keys;
use crate::domain::oauth::grants::Issued;
use crate::domain::refusal::{Error, oauth};
use crate::domain::session::credential::Credential;
use crate::domain::session::principal;
use crate::domain::tenants::Tenant;
use crate::model::scope::ROLES;
use crate::oidc::access_token::{AccessToken, Act, Audiences, TYP};
use crate::oidc::error::Code;
use crate::oidc::id_token::acr;
use crate::oidc::token_exchange::{Exchange, MOST_ACTORS};
use crate::store::clients::Client;
use crate::store::grants::{NewGrant, begin};

/// Exchanges a user's token.
///
/// # Errors
/// `unauthorized_client` for a public client, `invalid_request` for a token that cannot be exchanged (§2.2.2),
/// `invalid_scope`, `invalid_target`.
pub(crate) async fn exchange(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    asked: &Exchange<'_>,
) -> Result<Issued, Error> {
    if client.metadata.is_public() {
        return Err(oauth(Code::UnauthorizedClient, "a public client cannot act for others"));
    }
    let (subject, parent_id) = match subject(cx, tenant, client, asked.subject_token).await? {
        Some(found) => found,
        None => {
            let entry = Entry::failed("token.exchange_refused").by(&client.id).on(&client.id);
            audit::write(cx, &tenant.id, entry).await?;
            let text = "subject_token is no access token of a user, over, or not for this client";
            return Err(oauth(Code::InvalidRequest, text));
        }
    };
    let scopes = scopes(client, &subject, asked.scope)?;
    let targets = targets(tenant, client, &subject, &asked.targets)?;
    let act = Act { sub: client.id.clone(), act: subject.act.clone().map(Box::new) };
    if act.depth() > MOST_ACTORS {
        return Err(oauth(Code::InvalidRequest, "too many clients act for the user already"));
    }
    let life = cx.now.plus(tenant.settings.access_token_seconds);
    let until = subject.expires_at.map_or(life, |end| end.min(life));
    let id = cx.id();
    let grant = NewGrant {
        id: &id,
        parent_id: &parent_id,
        client_id: &client.id,
        scope: &scopes.join(" "),
        resources: &targets,
        address: &cx.caller.address,
        user_agent: &cx.caller.user_agent,
        created_at: cx.now,
        expires_at: until,
    };
    let said = format!("{} for {}", scopes.join(" "), targets.join(" "));
    let entry = Entry::ok("token.exchanged").by(&client.id).on(subject.actor()).saying(said);
    let answers = cx.db.run(vec![begin(&grant), audit::row_if_changed(cx, &tenant.id, entry)]).await?;
    if answers.first().is_none_or(Vec::is_empty) {
        return Err(oauth(Code::InvalidRequest, "subject_token is over"));
    }
    let with_roles = scopes.iter().any(|scope| scope == ROLES);
    let claims = AccessToken {
        iss: tenant.issuer.clone(),
        sub: subject.actor().to_owned(),
        user_id: Some(subject.actor().to_owned()),
        tenant_id: tenant.id.clone(),
        aud: Audiences(targets),
        client_id: Some(client.id.clone()),
        jti: cx.id(),
        sid: Some(id),
        roles: with_roles.then(|| subject.subject.roles().to_vec()),
        scope: scopes.join(" "),
        plan: with_roles.then(|| subject.plan().to_owned()),
        kind: "access".into(),
        amr: Some(subject.amr.clone()),
        acr: Some(acr(&subject.amr).into()),
        auth_time: subject.auth_time.map(|at| at.unix()),
        act: Some(act),
    };
    let access = keys::of(cx, &tenant.id).await?.sign(TYP, Validity { from: cx.now, until }, &claims)?;
    let expires_in = until.unix() - cx.now.unix();
    Ok(Issued { access, expires_in, refresh: None, id_token: None, scope: claims.scope })
}

/// The user's credential and session, if the token is one of this tenant and meant for us or for the client.
async fn subject(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    token: &str,
) -> Result<Option<(Rc<Credential>, String)>, Error> {
    let Some(found) = principal::by_bearer(cx, token).await? else { return Ok(None) };
    let for_client = client.metadata.resources.iter().any(|resource| found.is_for(resource));
    let fits = found.tenant.id == tenant.id
        && found.user().is_some()
        && (for_client || found.is_for(&tenant.issuer));
    Ok(found.session_id.clone().filter(|_| fits).map(|session_id| (found, session_id)))
}

/// What both the user's token and the client may do. A new token never outlives the old one, so what keeps a
/// grant alive is not passed on.
fn scopes(client: &Client, subject: &Credential, asked: Option<&str>) -> Result<Vec<String>, Error> {
    let registered: Vec<&str> = client.metadata.scope.split_ascii_whitespace().collect();
    let both =
        |scope: &str| scope != "offline_access" && registered.contains(&scope) && subject.scopes.has(scope);
    let mut scopes: Vec<String> = match asked {
        Some(asked) => asked.split_ascii_whitespace().map(str::to_owned).collect(),
        None => subject.scopes.tokens().iter().filter(|scope| both(scope)).cloned().collect(),
    };
    scopes.sort();
    scopes.dedup();
    if scopes.is_empty() || !scopes.iter().all(|scope| both(scope)) {
        return Err(oauth(Code::InvalidScope, "the scope exceeds the subject_token's or the client's"));
    }
    Ok(scopes)
}

/// Whom the new token may be for: the client's resources, and us if the old one is.
fn targets(
    tenant: &Tenant,
    client: &Client,
    subject: &Credential,
    asked: &[&str],
) -> Result<Vec<String>, Error> {
    let us = subject.is_for(&tenant.issuer);
    let may = |target: &str| match target == tenant.issuer {
        true => us,
        false => client.metadata.resources.iter().any(|known| known == target),
    };
    let mut targets: Vec<String> = asked.iter().map(|target| (*target).to_owned()).collect();
    if targets.is_empty() {
        targets.push(tenant.issuer.clone());
    }
    targets.sort();
    targets.dedup();
    if targets.iter().all(|target| may(target)) {
        Ok(targets)
    } else {
        Err(oauth(Code::InvalidTarget, "the token cannot be for that resource or audience"))
    }
}

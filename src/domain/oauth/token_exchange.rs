//! Token exchange (RFC 8693): a backend that got a user's token gets one of its own, to call the next service
//! on behalf of that user.
//!
//! The new token says who acts (`act`) and never allows more than the old one: not in scope, not in time, and
//! not to whom. It is a grant of its own below the one it came from, so that it ends with that.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::Change;
use crate::domain::keys;
use crate::domain::oauth::grants::Issued;
use crate::domain::refusal::{Error, oauth};
use crate::domain::session::access_tokens::{self, NewAccessToken, TokenSubject};
use crate::domain::session::credential::Credential;
use crate::domain::session::place::place;
use crate::domain::session::principal;
use crate::domain::tenants::Tenant;
use crate::model::scope::ROLES;
use crate::oidc::access_token::{Act, Audiences};
use crate::oidc::error::Code;
use crate::oidc::token_exchange::{Exchange, MOST_ACTORS};
use crate::store::clients::Client;
use crate::store::grants::{Lent, NewGrant, begin};
use crate::store::users::User;

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
    jkt: Option<&str>,
) -> Result<Issued, Error> {
    if client.metadata.is_public() {
        return Err(oauth(Code::UnauthorizedClient, "a public client cannot act for others"));
    }
    let (subject, user, parent_id) = match subject(cx, tenant, client, asked.subject_token).await? {
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
        lent: Lent::Known {
            parent_id: &parent_id,
            scope: &scopes.join(" "),
            resources: &tenant.audiences_to_store(&targets),
            // The claims were agreed to for another client.
            userinfo_claims: &[],
        },
        client_id: &client.id,
        dpop_jkt: None,
        address: &cx.caller.address,
        user_agent: &cx.caller.user_agent,
        created_at: cx.now,
        expires_at: until,
        expires_at_of_operator: until,
        place: &place(cx),
        refresh: None,
    };
    let said = format!("{} for {}", scopes.join(" "), targets.join(" "));
    let entry = Entry::ok("token.exchanged").by(&client.id).on(subject.actor()).saying(said);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(begin(&grant));
    if change.commit().await?.is_none() {
        return Err(oauth(Code::InvalidRequest, "subject_token is over"));
    }
    let scope = scopes.join(" ");
    let new = NewAccessToken {
        subject: TokenSubject::User {
            user: &user,
            session_id: &id,
            amr: &subject.amr,
            auth_time: subject.auth_time,
        },
        client_id: Some(&client.id),
        audiences: Audiences(targets),
        scope: scope.clone(),
        with_roles: scopes.iter().any(|scope| scope == ROLES),
        jkt,
        act: Some(act),
        until,
    };
    let access = access_tokens::sign(cx, keys::of(cx, &tenant.id).await?.as_ref(), tenant, new)?;
    let expires_in = until.unix() - cx.now.unix();
    Ok(Issued { access, expires_in, refresh: None, id_token: None, scope, bound: jkt.is_some() })
}

/// The credential, its user and its session, if the token is one of this tenant and meant for us or for the client.
async fn subject(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    token: &str,
) -> Result<Option<(Rc<Credential>, Rc<User>, String)>, Error> {
    // One that is bound to a key was proved where it was used; here it is no credential, but what is exchanged.
    let Some(found) = principal::by_access_token(cx, token).await? else { return Ok(None) };
    let for_client = client.metadata.resources.iter().any(|resource| found.is_for(resource));
    let fits = found.tenant.id == tenant.id && (for_client || found.is_for(&tenant.issuer));
    let (Some(user), Some(session_id), true) = (found.user().cloned(), found.session_id.clone(), fits) else {
        return Ok(None);
    };
    Ok(Some((found, user, session_id)))
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

//! A client's refresh token spent for new tokens (RFC 6749 §6).

use crate::cx::Cx;
use crate::domain::oauth::grants::{self, Grant, Issued};
use crate::domain::oauth::narrowing::{Held, still_registered};
use crate::domain::refusal::{Error, Refusal, oauth};
use crate::domain::session::proof::note_refusal;
use crate::domain::session::refresh::{Sender, Spent, spend};
use crate::domain::tenants::Tenant;
use crate::oidc::error::Code;
use crate::store::clients::Client;
use crate::store::refresh_tokens::GrantTerms;
use crate::store::sessions::Live;

/// Spends a client's refresh token (RFC 6749 §6); `scope` and `resources` may narrow the access token.
///
/// # Errors
/// As [`refresh`], as `invalid_grant`; `invalid_scope` and `invalid_target` for more than was granted.
pub(crate) async fn for_client(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    token: &str,
    scope: Option<&str>,
    resources: &[String],
    jkt: Option<&str>,
) -> Result<Issued, Error> {
    let of_tenant = |of: &Tenant| match of.id == tenant.id {
        true => Ok(()),
        false => Err(Refusal::BadCredential.into()),
    };
    let may_have = |live: &Live| {
        // RFC 9449 §5: whoever has the token of a public client without its key neither spends it nor ends it.
        if live.dpop_jkt.is_some() && live.dpop_jkt.as_deref() != jkt {
            return Err(Refusal::BadProof("it is not of the key that the refresh token is bound to").into());
        }
        narrow_grant(tenant, client, live, scope, resources).map(drop)
    };
    let terms = grant_terms(tenant, client, scope, resources).map(Some);
    let sender = Sender { by: &client.id, client_id: Some(&client.id), jkt, terms };
    let Spent { live, next, .. } = match spend(cx, token, &sender, of_tenant, may_have).await {
        Ok(spent) => spent,
        Err(Error::Refused(Refusal::BadCredential)) => {
            let text = "the refresh token is unknown, used, expired, or not this client's";
            return Err(oauth(Code::InvalidGrant, text));
        }
        Err(Error::Refused(Refusal::BadProof(reason))) => {
            note_refusal(cx, tenant, &client.id, reason).await?;
            return Err(oauth(Code::InvalidGrant, "the refresh token is bound to another key"));
        }
        Err(other) => return Err(other),
    };
    let Held { scopes, resources } = narrow_grant(tenant, client, &live, scope, resources)?;
    let grant = Grant {
        session_id: &live.id,
        user: &live.user,
        amr: &live.amr,
        auth_time: live.auth_time,
        scopes: grants::lent(scopes.iter().map(String::as_str), &live.granted),
        resources,
        jkt,
        nonce: None,
        claims: None,
    };
    Ok(grants::issue(cx, tenant, client, &grant, Some(next)).await?)
}

/// What of a grant a refresh asks for. The grant itself stays as it is, for the next one.
fn narrow_grant(
    tenant: &Tenant,
    client: &Client,
    live: &Live,
    scope: Option<&str>,
    resources: &[String],
) -> Result<Held, Error> {
    let granted = live.scope.as_deref().unwrap_or_default().split_ascii_whitespace().map(str::to_owned);
    let held = still_registered(tenant, client, granted.collect(), live.resources.clone())?;
    held.narrow(tenant, client, scope, resources)
}

/// The same as conditions of the database's, each of which holds only where [`narrow_grant`] finds what is asked for; none
/// where only that can tell.
fn grant_terms(
    tenant: &Tenant,
    client: &Client,
    scope: Option<&str>,
    resources: &[String],
) -> Option<GrantTerms> {
    let scopes: Vec<String> = client.metadata.scope.split_ascii_whitespace().map(str::to_owned).collect();
    let asked_scopes: Vec<String> =
        scope.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect();
    let (names_none, others) =
        (scope.is_some() && asked_scopes.is_empty(), asked_scopes.iter().any(|one| !scopes.contains(one)));
    let registered = |one: &String| *one == tenant.issuer || client.metadata.resources.contains(one);
    if names_none || others || !resources.iter().all(registered) {
        return None;
    }
    let mut registered = client.metadata.resources.clone();
    registered.push(tenant.issuer.clone());
    Some(GrantTerms {
        scopes,
        resources: tenant.audiences_to_store(&registered),
        asked_scopes,
        asked_resources: tenant.audiences_to_store(resources),
    })
}

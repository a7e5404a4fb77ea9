//! A client's refresh token spent for new tokens (RFC 6749 §6).

use crate::cx::Cx;
use crate::domain::oauth::grants::{self, Grant, Issued};
use crate::domain::oauth::narrowing::{Held, still_registered};
use crate::domain::refusal::{Error, Refusal, oauth};
use crate::domain::session::proof::note_refusal;
use crate::domain::session::refresh::{Spent, spend};
use crate::domain::tenants::Tenant;
use crate::oidc::error::Code;
use crate::store::clients::Client;
use crate::store::refresh_tokens::Token;
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
    let held = |token: &Token, of: &Tenant| {
        if of.id != tenant.id || token.client_id.as_deref() != Some(&client.id) {
            return Err(Refusal::BadCredential.into());
        }
        let Some(live) = &token.live else { return Err(Refusal::BadCredential.into()) };
        // RFC 9449 §5: whoever has the token of a public client without its key neither spends it nor ends it.
        if live.dpop_jkt.is_some() && live.dpop_jkt.as_deref() != jkt {
            return Err(Refusal::BadProof("it is not of the key that the refresh token is bound to").into());
        }
        narrow_grant(tenant, client, live, scope, resources).map(drop)
    };
    let Spent { live, next, .. } = match spend(cx, token, &client.id, held).await {
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

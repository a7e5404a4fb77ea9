//! Token revocation (RFC 7009): the token's whole grant ends, its other tokens with it (§2.1).

use crate::crypto::jws::Untrusted;
use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::refusal::{Error, oauth};
use crate::domain::session::{refresh, sessions};
use crate::domain::tenants::Tenant;
use crate::oidc::access_token::{AccessToken, TYP};
use crate::oidc::error::Code;
use crate::store::clients::Client;

/// Revokes a token of the client. What is unknown, over or another client's is left as it is, without a
/// word (§2.2).
///
/// # Errors
/// `unsupported_token_type` for a client's own access token: it has no grant to end (§2.2.1).
pub(crate) async fn revoke(cx: &Cx, tenant: &Tenant, client: &Client, token: &str) -> Result<(), Error> {
    let Some(untrusted) = Untrusted::parse(token, TYP) else {
        let found = refresh::find(cx, token).await?.map(|(_, found)| found);
        if let Some(found) = found
            .filter(|found| found.tenant_id == tenant.id && found.client_id.as_deref() == Some(&client.id))
        {
            sessions::end(cx, &tenant.id, &found.user_id, &found.session_id).await?;
        }
        return Ok(());
    };
    let keys = keys::of(cx, &tenant.id).await?;
    let Some((claims, _)) = keys.verify::<AccessToken>(&untrusted, cx.now) else { return Ok(()) };
    if claims.iss != tenant.issuer || claims.client_id.as_deref() != Some(client.client_id()) {
        return Ok(());
    }
    let Some(session_id) = claims.sid else {
        return Err(oauth(Code::UnsupportedTokenType, "a client's own access token ends by itself"));
    };
    Ok(sessions::end(cx, &tenant.id, &claims.sub, &session_id).await?)
}

//! The client credentials grant (RFC 6749 §4.4): a token for the client itself.

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::oauth::grants::{self, Issued};
use crate::domain::refusal::{Error, oauth};
use crate::domain::tenants::Tenant;
use crate::model::scope::{OPENID, ROLES};
use crate::oidc::error::Code;
use crate::oidc::request;
use crate::store::clients::Client;

/// Issues an access token to a confidential client.
///
/// # Errors
/// `unauthorized_client` for a public one; `invalid_scope`, `invalid_target`.
pub(crate) async fn issue(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    scope: Option<&str>,
    resources: &[String],
    jkt: Option<&str>,
) -> Result<Issued, Error> {
    if client.metadata.is_public() {
        return Err(oauth(Code::UnauthorizedClient, "a public client has no credentials"));
    }
    // OpenID's scopes speak of a person, whom such a token has none of; the roles are the client's own.
    let may = |scope: &&str| *scope == ROLES || !OPENID.contains(scope);
    let own: Vec<&str> = client.metadata.scope.split_ascii_whitespace().filter(may).collect();
    let scopes = match scope {
        None => own.iter().map(|one| (*one).to_owned()).collect(),
        some => request::scopes(some, &own.join(" ")).map_err(|(code, text)| oauth(code, text))?,
    };
    let resources =
        request::resources(resources.iter().map(String::as_str), &client.metadata, &tenant.issuer)
            .map_err(|(code, text)| oauth(code, text))?;
    let entry = Entry::ok("token.issued").by(&client.id).on(&client.id).saying(scopes.join(" "));
    audit::write(cx, &tenant.id, entry).await?;
    Ok(grants::issue_to_client(cx, tenant, client, scopes, &resources, jkt).await?)
}

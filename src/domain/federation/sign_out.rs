//! Signing out at an organisation's OpenID provider too (OpenID Connect RP-Initiated Logout 1.0 §2).

use url::Url;

use crate::cx::Cx;
use crate::domain::refusal;
use crate::domain::tenants::Tenant;
use crate::domain::upstream::Error;
use crate::domain::upstream::discovery::discover;
use crate::model::identity_provider::Oidc;
use crate::ports::http::Reach;

/// Where a browser signs out there, and comes back from to the sign-in page, with that state. `None` where the provider has no such place or
/// cannot be asked for it: whoever signs out here has signed out here all the same.
///
/// No ID token is kept as a hint (§2 recommends one), so that none lies in the database: the provider knows us by
/// `client_id`, and may ask the person whether to sign out.
pub(crate) async fn address(
    cx: &Cx,
    tenant: &Tenant,
    oidc: &Oidc,
    state: Option<&str>,
) -> Result<Option<String>, refusal::Error> {
    let metadata = match discover(cx, &oidc.issuer, Reach::Administrator).await {
        Ok(metadata) => metadata,
        Err(Error::Ours(error)) => return Err(error),
        Err(_) => return Ok(None),
    };
    let Some(mut url) = metadata.endpoints.end_session.and_then(|url| Url::parse(&url).ok()) else {
        return Ok(None);
    };
    let mut query = url.query_pairs_mut();
    query
        .append_pair("client_id", &oidc.client_id)
        .append_pair("post_logout_redirect_uri", &tenant.page_url("login"));
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    drop(query);
    Ok(Some(url.into()))
}

//! Addresses that strangers name: those of clients that registered themselves must be public ones of others
//! (RFC 7591 §5), when they are said and again before anything is sent there.

use url::Url;

use crate::cx::Cx;
use crate::domain::refusal::{Error, invalid_uri};
use crate::domain::tenants;
use crate::model::client::Metadata;
use crate::model::public_address::{RULE, is_own_host, public_host};
use crate::ports::Fault;

/// Checks what a client that no administrator made says about where it is. We ask its `backchannel_logout_uri`;
/// browsers are shown the others.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Invalid`] naming the first member that is wrong.
pub(crate) async fn check(cx: &Cx, metadata: &Metadata) -> Result<(), Error> {
    let members = [
        ("backchannel_logout_uri", &metadata.backchannel_logout_uri),
        ("client_uri", &metadata.client_uri),
        ("logo_uri", &metadata.logo_uri),
        ("tos_uri", &metadata.tos_uri),
        ("policy_uri", &metadata.policy_uri),
    ];
    for (field, uri) in members {
        if let Some(uri) = uri
            && !may_be_asked(cx, uri).await?
        {
            return Err(invalid_uri(field, uri, RULE));
        }
    }
    Ok(())
}

/// Whether the URI leads to a public server that is not ours: neither the deployment's nor at a tenant's host.
pub(crate) async fn may_be_asked(cx: &Cx, uri: &str) -> Result<bool, Fault> {
    let Some(host) = public_host(uri) else { return Ok(false) };
    let own = Url::parse(&cx.config.origin).ok();
    if own.as_ref().and_then(Url::host_str).is_some_and(|own| is_own_host(&host, own)) {
        return Ok(false);
    }
    Ok(tenants::by_host(cx, &host).await?.is_none())
}

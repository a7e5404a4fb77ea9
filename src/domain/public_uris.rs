//! Addresses that clients name: those of clients that registered themselves must be public ones of others (RFC 7591 §5),
//! when they are said and again before anything is sent there; of those that administrators make, the ones that we ask.

use crate::cx::Cx;
use crate::domain::outbound::{guard, may_be_asked};
use crate::domain::refusal::{Error, invalid_uri};
use crate::model::client::Metadata;
use crate::ports::http::Reach;

/// Checks what a client says about where it is. We ask its
/// `backchannel_logout_uri` and `jwks_uri`; browsers are shown the others.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Invalid`] naming the first member that is wrong.
pub(crate) async fn check(cx: &Cx, metadata: &Metadata, reach: Reach) -> Result<(), Error> {
    let asked =
        [("backchannel_logout_uri", &metadata.backchannel_logout_uri), ("jwks_uri", &metadata.jwks_uri)];
    let shown = metadata.pages().into_iter().filter(|_| reach == Reach::Stranger);
    for (field, uri) in asked.into_iter().chain(shown) {
        if let Some(uri) = uri
            && !may_be_asked(cx, uri, reach).await?
        {
            return Err(invalid_uri(field, uri, guard::rule(reach)));
        }
    }
    Ok(())
}

/// Who chose what a client says of itself.
pub(crate) fn reach_of(registered_itself: bool) -> Reach {
    if registered_itself { Reach::Stranger } else { Reach::Administrator }
}

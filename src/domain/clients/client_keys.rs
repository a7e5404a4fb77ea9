//! The keys that a client signs with: those that it registered as `jwks`, or those at its `jwks_uri` (RFC 7591 §2).

use crate::crypto::foreign::{self, Foreign, Signed};
use crate::cx::Cx;
use crate::domain::outbound::documents::{Fetched, fetch, fetch_again};
use crate::domain::public_uris::reach_of;
use crate::domain::refusal::Error;
use crate::model::json;
use crate::oidc::client_assertion::ClientAssertion;
use crate::store::clients::Client;

/// The most bytes that a client's JWK Set may have, whoever made the client.
const MOST_BYTES: usize = 65_536;

const UNSIGNED: &str = "the assertion is not signed with a key of the client";

/// What a client's assertion says, if a key of the client signed it; else why not, in words. A key that the client began
/// to use since its set was fetched is looked for in the set as it is now, at most once a minute.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Limited`] if the caller's address has us fetch too much.
pub(crate) async fn verify(
    cx: &Cx,
    client: &Client,
    token: &Foreign<'_>,
) -> Result<Result<Signed<ClientAssertion>, &'static str>, Error> {
    if let Some(set) = &client.metadata.jwks {
        return Ok(foreign::keys(set).and_then(|keys| token.verify(&keys).ok_or(UNSIGNED)));
    }
    let Some(uri) = &client.metadata.jwks_uri else { return Ok(Err("the client has no keys")) };
    let reach = reach_of(client.registration_hash.is_some());
    match verify_by(&fetch(cx, uri, reach, MOST_BYTES).await?, token) {
        Err(Unsigned::UnknownKey) => {
            let fetched = fetch_again(cx, uri, reach, MOST_BYTES).await?;
            Ok(verify_by(&fetched, token).map_err(Unsigned::in_words))
        }
        verified => Ok(verified.map_err(Unsigned::in_words)),
    }
}

/// Why keys of a set did not verify an assertion.
enum Unsigned {
    /// There is no set that could be read.
    NoKeys,
    /// The set lacks the key that the assertion names, or may lack the one that it does not name.
    UnknownKey,
    /// The key did not sign it.
    Wrong,
}

impl Unsigned {
    fn in_words(self) -> &'static str {
        match self {
            Unsigned::NoKeys => "the client's jwks_uri did not answer with a JWK Set",
            Unsigned::UnknownKey | Unsigned::Wrong => UNSIGNED,
        }
    }
}

fn verify_by(fetched: &Fetched, token: &Foreign<'_>) -> Result<Signed<ClientAssertion>, Unsigned> {
    let body = fetched.body.as_ref().map_err(|_| Unsigned::NoKeys)?;
    let set = json::parse(body).map_err(|_| Unsigned::NoKeys)?;
    let keys = foreign::usable_keys(&set).ok_or(Unsigned::NoKeys)?;
    let why = if token.names_one_of(&keys) { Unsigned::Wrong } else { Unsigned::UnknownKey };
    token.verify(&keys).ok_or(why)
}

//! Whether a token is signed by a server: by a key of its JWK Set, which is fetched anew for a key that is unknown, at most
//! once a minute.

use serde_json::{Map, Value};

use crate::crypto::foreign::{self, Foreign, Key, Signed};
use crate::cx::Cx;
use crate::domain::outbound::documents::{Fetched, fetch, fetch_again};
use crate::domain::upstream::{Error, Issuer, Upstream};
use crate::model::json;

/// The most bytes of a set.
const MOST_BYTES: usize = 131_072;

const UNSIGNED: Error = Error::Forged("the token is not signed with a key of the provider");

/// The keys of a server.
///
/// # Errors
/// Why there are none.
pub async fn keys(cx: &Cx, upstream: &Upstream) -> Result<Vec<Key>, Error> {
    read(fetch(cx, address(upstream)?, upstream.reach, MOST_BYTES).await?)
}

/// What a token says, if the server signed it with one of its algorithms.
///
/// # Errors
/// [`Error::Forged`] if it did not.
pub(crate) async fn verify(
    cx: &Cx,
    upstream: &Upstream,
    token: &Foreign<'_>,
) -> Result<Signed<Map<String, Value>>, Error> {
    // What can be no token of the server's asks nobody.
    if !token.alg().is_some_and(|alg| upstream.algorithms.contains(&alg)) {
        return Err(Error::Forged("the token is not signed with an algorithm of the provider"));
    }
    let known = keys(cx, upstream).await?;
    if token.fitting(&known, &upstream.algorithms).is_some() || token.names_one_of(&known) {
        return verify_by(&known, upstream, token);
    }
    let newest = read(fetch_again(cx, address(upstream)?, upstream.reach, MOST_BYTES).await?)?;
    verify_by(&newest, upstream, token)
}

fn address(upstream: &Upstream) -> Result<&str, Error> {
    upstream.endpoints.jwks.as_deref().ok_or_else(|| Error::failed("it has no jwks_uri"))
}

fn read(fetched: Fetched) -> Result<Vec<Key>, Error> {
    let body = fetched.body?;
    let keys = json::parse(&body).ok().and_then(|set| foreign::provider_keys(&set));
    keys.ok_or_else(|| Error::failed("its jwks_uri answered no JWK Set"))
}

fn verify_by(
    keys: &[Key],
    upstream: &Upstream,
    token: &Foreign<'_>,
) -> Result<Signed<Map<String, Value>>, Error> {
    let key = token.fitting(keys, &upstream.algorithms).ok_or(UNSIGNED)?;
    let signed: Signed<Map<String, Value>> = token.verify_by(key).ok_or(UNSIGNED)?;
    match is_of_its_tenant(key, upstream, &signed.claims) {
        true => Ok(signed),
        false => Err(Error::Forged("the token is signed with a key of another tenant")),
    }
}

/// Whether a key may sign for the tenant that the token names, where a set is of several.
fn is_of_its_tenant(key: &Key, upstream: &Upstream, claims: &Map<String, Value>) -> bool {
    let (Issuer::PerTenant(_), Some(issuer)) = (&upstream.issuer, key.issuer()) else { return true };
    let tenant = claims.get("tid").and_then(Value::as_str);
    issuer.contains("{tenantid}") || tenant.is_some_and(|tenant| issuer.split('/').any(|part| part == tenant))
}

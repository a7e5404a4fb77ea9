//! Client authentication (RFC 6749 §2.3): by exactly one method a request. A client with a secret sends it in the
//! header or in the body, whichever of the two it registered (§2.3.1); public clients and clients that sign have one way.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::foreign::Foreign;
use crate::crypto::secret::{same, stored};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::clients::{client_keys, documents};
use crate::domain::refusal::{Error, Refusal, oauth};
use crate::domain::tenants::{HOME, Tenant};
use crate::domain::{clients, throttle};
use crate::model::client::AuthMethod;
use crate::model::document_id::is_url;
use crate::model::id::is_id;
use crate::oidc::client_assertion::{self, ClientAssertion, FORGOTTEN_AFTER};
use crate::oidc::error::Code;
use crate::ports::{Act, Count, CounterCall, Rule, Tally};
use crate::store::clients::Client;

/// What a request says about which client it comes from, as it was sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct PresentedClient<'a> {
    /// The `Authorization` header field.
    pub authorization: Option<&'a str>,
    /// The parameter `client_id`.
    pub client_id: Option<&'a str>,
    /// The parameter `client_secret`.
    pub client_secret: Option<&'a str>,
    /// The parameter `client_assertion_type`.
    pub client_assertion_type: Option<&'a str>,
    /// The parameter `client_assertion`.
    pub client_assertion: Option<&'a str>,
}

/// How a client says who it is.
enum Claimed {
    /// It only says so.
    Named { id: String },
    /// In `Authorization: Basic`.
    Basic { id: String, secret: String },
    /// In the body.
    Post { id: String, secret: String },
    /// In a JWT that it signed.
    Assertion { id: String, assertion: String },
}

/// Endpoints below `/oauth2/` that clients authenticate at, any of which an assertion may be for.
const ENDPOINTS: [&str; 5] = ["token", "introspect", "revoke", "par", "device_authorization"];

/// Why a client is not believed: what the audit log keeps, and what the client's developer is told.
struct Doubt {
    id: Option<String>,
    reason: &'static str,
}

/// The client that a request comes from.
///
/// # Errors
/// `invalid_client`; `invalid_request` for more than one method (RFC 6749 §5.2).
pub async fn authenticate(
    cx: &Cx,
    tenant: &Tenant,
    presented: &PresentedClient<'_>,
) -> Result<Rc<Client>, Error> {
    let presented = without_empty(presented);
    let methods = [
        presented.authorization.is_some(),
        presented.client_secret.is_some(),
        presented.client_assertion.is_some() || presented.client_assertion_type.is_some(),
    ];
    if methods.iter().filter(|used| **used).count() > 1 {
        return Err(oauth(Code::InvalidRequest, "more than one way of client authentication is used"));
    }
    let checked = match claimed_method(&presented) {
        Ok(claimed) => check_secret(cx, tenant, claimed).await?,
        Err(doubt) => Err(doubt),
    };
    match checked {
        Ok(client) => Ok(client),
        Err(doubt) => Err(refuse(cx, tenant, doubt).await?),
    }
}

/// A parameter without a value is as good as absent (RFC 6749 §3.2).
fn without_empty<'a>(presented: &PresentedClient<'a>) -> PresentedClient<'a> {
    let some = |value: Option<&'a str>| value.filter(|value| !value.is_empty());
    PresentedClient {
        authorization: presented.authorization,
        client_id: some(presented.client_id),
        client_secret: some(presented.client_secret),
        client_assertion_type: some(presented.client_assertion_type),
        client_assertion: some(presented.client_assertion),
    }
}

fn claimed_method(presented: &PresentedClient<'_>) -> Result<Claimed, Doubt> {
    let doubt = |reason| Doubt { id: presented.client_id.map(str::to_owned), reason };
    if presented.client_assertion.is_some() || presented.client_assertion_type.is_some() {
        if presented.client_assertion_type != Some(client_assertion::TYPE) {
            return Err(doubt("client_assertion_type is not that of a JWT (RFC 7523)"));
        }
        let assertion = presented.client_assertion.ok_or_else(|| doubt("client_assertion is missing"))?;
        // RFC 7521 §4.2: `client_id` is not needed, for the assertion says it.
        let token = Foreign::parse(assertion, &client_assertion::TYPES);
        let claims = token.and_then(|token| token.claims_unchecked::<ClientAssertion>());
        let said = claims.and_then(|claims| claims.sub);
        let id = said.ok_or_else(|| doubt("the assertion is not a JWT with a subject"))?;
        if presented.client_id.is_some_and(|named| named != id) {
            return Err(doubt("client_id is not the client of the assertion"));
        }
        return Ok(Claimed::Assertion { id, assertion: assertion.to_owned() });
    }
    if let Some(authorization) = presented.authorization {
        let (id, secret) =
            basic(authorization).ok_or_else(|| doubt("the Authorization header is malformed"))?;
        if presented.client_id.is_some_and(|named| named != id) {
            return Err(doubt("client_id is not the client of the Authorization header"));
        }
        return Ok(Claimed::Basic { id, secret });
    }
    let id = presented.client_id.map(str::to_owned).ok_or_else(|| doubt("no client is named"))?;
    Ok(match presented.client_secret {
        Some(secret) => Claimed::Post { id, secret: secret.to_owned() },
        None => Claimed::Named { id },
    })
}

/// User and password of `Authorization: Basic` (RFC 7617), each form-urlencoded (RFC 6749 §2.3.1).
fn basic(authorization: &str) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((decode(id)?, decode(secret)?))
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned())
}

async fn check_secret(
    cx: &Cx,
    tenant: &Tenant,
    claimed: Claimed,
) -> Result<Result<Rc<Client>, Doubt>, Error> {
    let (Claimed::Named { id }
    | Claimed::Basic { id, .. }
    | Claimed::Post { id, .. }
    | Claimed::Assertion { id, .. }) = &claimed;
    let doubt = |reason| Ok(Err(Doubt { id: Some(id.clone()), reason }));
    let known = clients::by_client_id(cx, tenant, id).await?;
    // One that is described by a document, and that no request has named before.
    let client = match known {
        None if is_url(id) => match documents::current(cx, tenant, id).await {
            Err(Error::Refused(Refusal::OAuth(..))) => {
                return doubt("the client's metadata document could not be fetched or is not right");
            }
            described => described?,
        },
        known => known,
    };
    let Some(client) = client else { return doubt("the client is unknown") };
    if let Some(instead) = other_way(client.metadata.token_endpoint_auth_method, &claimed) {
        return doubt(instead);
    }
    match &claimed {
        Claimed::Named { .. } => {}
        Claimed::Basic { secret, .. } | Claimed::Post { secret, .. } => {
            let hash = client.secret_hash.as_deref();
            if !hash.is_some_and(|hash| same(hash.as_bytes(), stored(secret).as_bytes())) {
                return doubt("the client's secret is wrong");
            }
        }
        Claimed::Assertion { assertion, .. } => match verify_assertion(cx, tenant, &client, assertion).await?
        {
            Err(reason) => return doubt(reason),
            Ok(jti) => {
                if !is_first(cx, &client, &jti).await? {
                    return doubt("the assertion was used before");
                }
            }
        },
    }
    Ok(Ok(client))
}

/// What a client does instead that authenticates in a way that is not its own; `None` for one that is. Many libraries
/// send `Basic` with an empty secret for a public client: the secret that it lacks must not be what lets it in.
fn other_way(registered: AuthMethod, claimed: &Claimed) -> Option<&'static str> {
    match (registered, claimed) {
        (AuthMethod::None, Claimed::Named { .. })
        | (AuthMethod::PrivateKeyJwt, Claimed::Assertion { .. }) => None,
        (AuthMethod::None, Claimed::Basic { secret, .. }) if secret.is_empty() => Some(
            "the client is public (token_endpoint_auth_method none) and has no secret: leave the Authorization header \
             out and send client_id in the body (in its library, the authentication method none); or register it with \
             client_secret_basic and send its secret",
        ),
        (AuthMethod::None, Claimed::Basic { .. } | Claimed::Post { .. }) => Some(
            "the client is public (token_endpoint_auth_method none) and has no secret: send client_id in the body and \
             nothing else; or register it with client_secret_basic",
        ),
        (AuthMethod::None, Claimed::Assertion { .. }) => Some(
            "the client is public (token_endpoint_auth_method none): send client_id in the body and nothing else; or \
             register it with private_key_jwt and its keys",
        ),
        (AuthMethod::PrivateKeyJwt, _) => Some(
            "the client is registered with private_key_jwt: send client_assertion_type and client_assertion, and no \
             secret",
        ),
        (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, claimed) => match claimed {
            Claimed::Basic { secret, .. } if secret.is_empty() => Some(
                "the client's secret is empty in the Authorization header: the client is registered with one",
            ),
            Claimed::Basic { .. } | Claimed::Post { .. } => None,
            Claimed::Named { .. } => Some(
                "the client has a secret: send it in Authorization: Basic or as client_secret in the body; or register \
                 the client with token_endpoint_auth_method none",
            ),
            Claimed::Assertion { .. } => Some(
                "the client is registered with a secret: send that; or register it with private_key_jwt and its keys",
            ),
        },
    }
}

/// The `jti` of an assertion that the client signed for us, and that is valid now.
async fn verify_assertion(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    assertion: &str,
) -> Result<Result<String, &'static str>, Error> {
    let Some(token) = Foreign::parse(assertion, &client_assertion::TYPES) else {
        return Ok(Err("the assertion is not a JWT"));
    };
    let algorithm = client.metadata.token_endpoint_auth_signing_alg.as_deref();
    if algorithm.is_some_and(|algorithm| !token.is_signed_with(algorithm)) {
        return Ok(Err("the assertion is not signed with token_endpoint_auth_signing_alg of the client"));
    }
    let signed = client_keys::verify(cx, client, &token).await?;
    let ours = |aud: &str| is_ours(cx, tenant, aud);
    Ok(signed.and_then(|signed| client_assertion::accept(signed, client.client_id(), ours, cx.now.unix())))
}

/// Whether an audience is the tenant's issuer or one of its endpoints, which home has at the deployment's root as well
/// as long as no host makes another origin its issuer.
fn is_ours(cx: &Cx, tenant: &Tenant, audience: &str) -> bool {
    let root = cx.config.origin.as_str();
    let has_root = tenant.id == HOME && tenant.origin == root;
    let bases = [Some(tenant.issuer.as_str()), has_root.then_some(root)];
    let is_endpoint = |base: &str| {
        let path = audience.strip_prefix(base).and_then(|rest| rest.strip_prefix("/oauth2/"));
        path.is_some_and(|name| ENDPOINTS.contains(&name))
    };
    audience == tenant.issuer || bases.into_iter().flatten().any(is_endpoint)
}

/// Takes an assertion's `jti`, exactly once, however many try at the same time (RFC 7523 §3, rule 7). This is
/// no limit, so nobody is let off it.
async fn is_first(cx: &Cx, client: &Client, jti: &str) -> Result<bool, Error> {
    let object = format!("{}:assertion:{}:{}", client.tenant_id, client.id, stored(jti));
    let seconds = u32::try_from(FORGOTTEN_AFTER).unwrap_or(u32::MAX);
    let used = Tally { name: "used".into(), rule: Rule::Window { limit: 1, seconds } };
    let verdict = cx
        .counters
        .count(CounterCall {
            object: object.into(),
            steps: vec![Count { act: Act::Take, tallies: vec![used] }],
        })
        .await?;
    Ok(verdict.admitted)
}

async fn refuse(cx: &Cx, tenant: &Tenant, doubt: Doubt) -> Result<Error, Error> {
    note_refusal(cx, tenant, doubt.id.as_deref(), doubt.reason).await?;
    Ok(oauth(Code::InvalidClient, doubt.reason))
}

/// Writes down that a client was not believed, as long as its address does not make too many such rows.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Limited`].
pub(crate) async fn note_refusal(
    cx: &Cx,
    tenant: &Tenant,
    id: Option<&str>,
    reason: &str,
) -> Result<(), Error> {
    let object = throttle::of_address(cx, format_args!("{}:client-refused", tenant.id));
    throttle::window(cx, object, 60, 60).await?;
    let mut entry = Entry::failed("client.refused").saying(reason);
    // A client's id is a stranger's text until a client is found by it.
    if let Some(id) = id.filter(|id| is_id(id)) {
        entry = entry.by(id);
    }
    Ok(audit::write(cx, &tenant.id, entry).await?)
}

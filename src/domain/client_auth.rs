//! Client authentication (RFC 6749 §2.3): by exactly one method, the one that the client registered.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::secret::{same, stored};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::clients;
use crate::domain::refusal::{Error, oauth};
use crate::domain::tenants::Tenant;
use crate::domain::throttle;
use crate::model::client::AuthMethod;
use crate::model::id::is_id;
use crate::oidc::error::Code;
use crate::store::clients::Client;

/// What a request says about which client it comes from, as it was sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
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
}

/// Why a client is not believed: what the audit log keeps, and what the client's developer is told.
struct Doubt {
    id: Option<String>,
    reason: &'static str,
}

/// The client that a request comes from.
///
/// # Errors
/// `invalid_client`; `invalid_request` for more than one method (RFC 6749 §5.2).
pub async fn authenticate(cx: &Cx, tenant: &Tenant, presented: &Presented<'_>) -> Result<Rc<Client>, Error> {
    let presented = without_empty(presented);
    let methods = [
        presented.authorization.is_some(),
        presented.client_secret.is_some(),
        presented.client_assertion.is_some() || presented.client_assertion_type.is_some(),
    ];
    if methods.iter().filter(|used| **used).count() > 1 {
        return Err(oauth(Code::InvalidRequest, "more than one way of client authentication is used"));
    }
    let checked = match claimed(&presented) {
        Ok(claimed) => checked(cx, tenant, claimed).await?,
        Err(doubt) => Err(doubt),
    };
    match checked {
        Ok(client) => Ok(client),
        Err(doubt) => Err(refused(cx, tenant, doubt).await?),
    }
}

/// A parameter without a value is as good as absent (RFC 6749 §3.2).
fn without_empty<'a>(presented: &Presented<'a>) -> Presented<'a> {
    let some = |value: Option<&'a str>| value.filter(|value| !value.is_empty());
    Presented {
        authorization: presented.authorization,
        client_id: some(presented.client_id),
        client_secret: some(presented.client_secret),
        client_assertion_type: some(presented.client_assertion_type),
        client_assertion: some(presented.client_assertion),
    }
}

fn claimed(presented: &Presented<'_>) -> Result<Claimed, Doubt> {
    let doubt = |reason| Doubt { id: presented.client_id.map(str::to_owned), reason };
    if presented.client_assertion.is_some() || presented.client_assertion_type.is_some() {
        return Err(doubt("assertions are not supported"));
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
    Some((decoded(id)?, decoded(secret)?))
}

fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned())
}

async fn checked(cx: &Cx, tenant: &Tenant, claimed: Claimed) -> Result<Result<Rc<Client>, Doubt>, Error> {
    let (id, used, secret) = match claimed {
        Claimed::Named { id } => (id, AuthMethod::None, None),
        Claimed::Basic { id, secret } => (id, AuthMethod::ClientSecretBasic, Some(secret)),
        Claimed::Post { id, secret } => (id, AuthMethod::ClientSecretPost, Some(secret)),
    };
    let doubt = |id: String, reason| Ok(Err(Doubt { id: Some(id), reason }));
    let Some(client) = clients::by_id(cx, tenant, &id).await? else {
        return doubt(id, "the client is unknown");
    };
    if client.metadata.token_endpoint_auth_method != used {
        return doubt(id, "the client is registered with another method of authentication");
    }
    let known = match (&client.secret_hash, &secret) {
        (Some(hash), Some(secret)) => same(hash.as_bytes(), stored(secret).as_bytes()),
        (None, None) => used == AuthMethod::None,
        _ => false,
    };
    if known { Ok(Ok(client)) } else { doubt(id, "the client's secret is wrong") }
}

/// Writes a refusal down, as long as its address does not make too many: each would be a row.
async fn refused(cx: &Cx, tenant: &Tenant, doubt: Doubt) -> Result<Error, Error> {
    let object = format!("{}:client-refused:{}", tenant.id, cx.address_bucket());
    throttle::window(cx, object, 60, 60).await?;
    let mut entry = Entry::failed("client.refused").saying(doubt.reason);
    // A client's id is a stranger's text until a client is found by it.
    if let Some(id) = doubt.id.filter(|id| is_id(id)) {
        entry = entry.by(&id);
    }
    audit::write(cx, &tenant.id, entry).await?;
    Ok(oauth(Code::InvalidClient, doubt.reason))
}

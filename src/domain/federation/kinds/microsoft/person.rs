//! Who a person is at Microsoft, and what their address is worth.

use serde_json::{Map, Value};

use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::kinds::{claims, not_allowed};
use crate::domain::upstream::Error;
use crate::domain::upstream::id_token::IdToken;
use crate::model::identity_provider::Microsoft;

/// The tenant of personal accounts.
pub(super) const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Whether accounts of a tenant may sign in.
pub(super) fn may_sign_in(microsoft: &Microsoft, tenant: &str) -> bool {
    microsoft.tenants.iter().any(|allowed| match allowed.as_str() {
        "common" => true,
        "organizations" => !tenant.eq_ignore_ascii_case(CONSUMERS),
        "consumers" => tenant.eq_ignore_ascii_case(CONSUMERS),
        id => id.eq_ignore_ascii_case(tenant),
    })
}

/// Who signed in, by an ID token that holds.
///
/// # Errors
/// [`crate::domain::refusal::Federation::NotAllowed`] for an account of a tenant that is not to sign in.
pub(in crate::domain::federation::kinds) fn read(
    microsoft: &Microsoft,
    token: IdToken,
) -> Result<ProviderAssertion, Error> {
    // An access token for an API of ours is for the same client, and anybody's client may have asked for it.
    if ["scp", "idtyp", "appid"].iter().any(|member| token.claims.contains_key(*member)) {
        return Err(Error::Forged("the token is no ID token"));
    }
    if token.claims.get("ver").is_some_and(|ver| ver != "2.0") {
        return Err(Error::Forged("the ID token is of another version"));
    }
    person(microsoft, token)
}

/// The person of claims that were verified.
pub(super) fn person(microsoft: &Microsoft, mut token: IdToken) -> Result<ProviderAssertion, Error> {
    let (tenant, object) = keys(&token.claims)?;
    if !may_sign_in(microsoft, &tenant) {
        return Err(not_allowed());
    }
    token.subject = object;
    let is_personal = tenant.eq_ignore_ascii_case(CONSUMERS);
    let mut assertion = claims::assertion(token);
    let is_owned = assertion.email.is_some() && says_domain_is_owned(assertion.claims.get("xms_edov"));
    assertion.email = assertion.email.or_else(|| sign_in_name(&assertion.claims));
    assertion.email_verified = assertion.email.is_some() && (is_owned || is_personal);
    assertion.authoritative = assertion.email_verified;
    assertion.organisation = (!is_personal).then_some(tenant);
    Ok(assertion)
}

/// The tenant and the object that a person is.
pub(super) fn keys(claims: &Map<String, Value>) -> Result<(String, String), Error> {
    let id = |name: &str| {
        let is_id = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        claims::text(claims, name).filter(|id| id.len() <= 64 && id.bytes().all(is_id))
    };
    let tenant = id("tid").ok_or(Error::Forged("the token names no tenant (tid)"))?;
    let object =
        id("oid").ok_or(Error::Forged("the token names no account (oid): ask for the scope profile"))?;
    Ok((tenant, object))
}

/// `xms_edov`, in the spellings in which Microsoft has said that the tenant owns the domain of `email`.
fn says_domain_is_owned(said: Option<&Value>) -> bool {
    match said {
        Some(Value::Bool(is)) => *is,
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        Some(Value::String(text)) => matches!(text.as_str(), "1" | "true"),
        _ => false,
    }
}

/// The name that the person signs in with, where it can be an address: that of a guest is none.
pub(super) fn sign_in_name(claims: &Map<String, Value>) -> Option<String> {
    let names = ["preferred_username", "upn", "userPrincipalName"];
    let name = names.iter().find_map(|name| claims::text(claims, name))?;
    (name.contains('@') && !name.contains("#EXT#")).then_some(name)
}

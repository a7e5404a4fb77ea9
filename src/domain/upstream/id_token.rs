//! ID tokens of OpenID providers (OpenID Connect Core 1.0 §3.1.3.7), each rule by its number there.

use serde_json::{Map, Value};

use crate::crypto::foreign::{Alg, Foreign};
use crate::crypto::secret::{base64url, same, sha256, sha512};
use crate::cx::Cx;
use crate::domain::upstream::tokens::LONGEST_TOKEN;
use crate::domain::upstream::{Audience, Error, Upstream, jwks};
use crate::model::json;
use crate::model::time::Time;
use crate::oidc::access_token::Audiences;

/// How far a provider's clock may be from ours, in seconds.
pub(crate) const SKEW: i64 = 60;

/// The longest subject (§2).
const LONGEST_SUBJECT: usize = 255;

/// What an ID token must fit.
#[derive(Clone, Copy, Default)]
pub struct Expected<'a> {
    /// What the request said; `None` for a token that no request of ours asked for.
    pub nonce: Option<&'a str>,
    /// The access token that came with it.
    pub access_token: Option<&'a str>,
    /// How many seconds ago the person may have signed in there, if the request said so.
    pub max_age: Option<i64>,
}

/// What an ID token says, after all rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdToken {
    /// Who made it, in the one spelling that is kept.
    pub issuer: String,
    /// Who signed in.
    pub subject: String,
    /// When.
    pub auth_time: Option<Time>,
    /// All that it says, but for its times.
    pub claims: Map<String, Value>,
}

/// What an ID token says, if the provider made it for us, for this sign-in and for now.
///
/// # Errors
/// [`Error::Forged`] with the rule that it breaks.
pub async fn verify(
    cx: &Cx,
    upstream: &Upstream,
    text: &str,
    expected: &Expected<'_>,
) -> Result<IdToken, Error> {
    let none = Error::Forged("the ID token is no JWT, or none of its kind");
    let token = Foreign::parse_up_to(text, &["JWT"], LONGEST_TOKEN).ok_or(none)?;
    let claimed: Map<String, Value> =
        token.claims_unchecked().ok_or(Error::Forged("the ID token says nothing"))?;
    // 2, 3 to 5 before any key is fetched: what is another's or for another asks nobody.
    let issuer = upstream.issuer.of(&claimed).ok_or(Error::Forged("the ID token is of another issuer"))?;
    check_audience(upstream, &claimed)?;
    // 6 to 8.
    let signed = jwks::verify(cx, upstream, &token).await?;
    let claims = signed.claims;
    // Security event and logout tokens are signed with the same keys for the same client (RFC 8417 §4.5).
    if claims.contains_key("events") {
        return Err(Error::Forged("the token tells of an event, not of a sign-in"));
    }
    // 9, 10.
    check_times(cx.now, signed.expires_at, signed.issued_at, signed.not_before)?;
    // 11.
    let nonce = claims.get("nonce").and_then(Value::as_str);
    if let Some(expected) = expected.nonce
        && !nonce.is_some_and(|nonce| same(nonce.as_bytes(), expected.as_bytes()))
    {
        return Err(Error::Forged("the nonce of the ID token is another sign-in's"));
    }
    // 13.
    let auth_time = claims.get("auth_time").and_then(Value::as_i64);
    if let Some(max_age) = expected.max_age {
        let oldest = cx.now.unix().saturating_sub(max_age).saturating_sub(SKEW);
        if auth_time.is_none_or(|at| at < oldest) {
            return Err(Error::Forged("the person signed in there too long ago"));
        }
    }
    // §3.1.3.8.
    if let (Some(access_token), Some(at_hash)) = (expected.access_token, claims.get("at_hash")) {
        let hash = token.alg().map(|alg| at_hash_of(alg, access_token)).unwrap_or_default();
        if !at_hash.as_str().is_some_and(|said| same(said.as_bytes(), hash.as_bytes())) {
            return Err(Error::Forged("the ID token came with another access token"));
        }
    }
    let subject = subject(&claims).ok_or(Error::Forged("the ID token has no subject"))?;
    let auth_time = auth_time.map(|at| Time(at.saturating_mul(1000)));
    Ok(IdToken { issuer, subject, auth_time, claims })
}

/// Rules 3 to 5: for us, and if it is for others too, asked for by us.
fn check_audience(upstream: &Upstream, claims: &Map<String, Value>) -> Result<(), Error> {
    let audiences: Option<Audiences> = claims.get("aud").and_then(|aud| json::read(aud.clone()).ok());
    let audiences = audiences.ok_or(Error::Forged("the ID token is for nobody"))?.0;
    let ours = &upstream.client_id;
    let is_alone = audiences.iter().all(|one| one == ours);
    let fits = !audiences.is_empty()
        && (is_alone || upstream.audience == Audience::OursByAzp && audiences.contains(ours));
    if !fits {
        return Err(Error::Forged("the ID token is for another client"));
    }
    match (upstream.audience, claims.get("azp")) {
        (Audience::OursAlone, _) => Ok(()),
        (Audience::OursByAzp, None) if is_alone => Ok(()),
        (Audience::OursByAzp, Some(azp)) if azp.as_str() == Some(ours) => Ok(()),
        (Audience::OursByAzp, _) => Err(Error::Forged("the ID token was asked for by another client")),
    }
}

/// Rules 9 and 10, with the clocks' difference.
pub(crate) fn check_times(
    now: Time,
    expires_at: Option<Time>,
    issued_at: Option<Time>,
    not_before: Option<Time>,
) -> Result<(), Error> {
    let is_ahead = |at: Time| at > now.plus(SKEW);
    match (expires_at, issued_at) {
        (None, _) => Err(Error::Forged("the token does not say until when it is good")),
        (Some(at), _) if at.plus(SKEW) <= now => Err(Error::Forged("the token has expired")),
        (Some(_), None) => Err(Error::Forged("the token does not say when it was made")),
        (Some(_), Some(at)) if is_ahead(at) => Err(Error::Forged("the token is of the future")),
        _ if not_before.is_some_and(is_ahead) => Err(Error::Forged("the token is not good yet")),
        _ => Ok(()),
    }
}

/// §2: at most 255 characters.
fn subject(claims: &Map<String, Value>) -> Option<String> {
    let sub = claims.get("sub")?.as_str()?;
    let fits = (1..=LONGEST_SUBJECT).contains(&sub.len()) && !sub.chars().any(char::is_control);
    fits.then(|| sub.to_owned())
}

/// The left half of the access token's hash, by the algorithm's hash function: Ed25519's is SHA-512 (RFC 8032 §5.1).
fn at_hash_of(alg: Alg, access_token: &str) -> String {
    match alg {
        Alg::EdDsa => base64url(sha512(access_token.as_bytes()).get(..32).unwrap_or_default()),
        Alg::Es256 | Alg::Rs256 | Alg::Ps256 => {
            base64url(sha256(access_token.as_bytes()).get(..16).unwrap_or_default())
        }
    }
}

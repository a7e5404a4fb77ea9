//! Client assertions: a JWT that a client signed to prove who it is (RFC 7523 §3, OpenID Connect Core 1.0 §9).

use serde::Deserialize;

use crate::crypto::foreign::Signed;
use crate::oidc::access_token::Audiences;

/// `client_assertion_type` (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The `typ` that an assertion may say; most say `JWT` or nothing.
pub(crate) const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// How far ahead `exp` may be, in seconds.
pub(crate) const LONGEST_LIFE: i64 = 3_600;

/// How far the client's clock may be from ours, in seconds.
pub(crate) const LEEWAY: i64 = 30;

/// After this many seconds no assertion that was ever accepted is still valid.
pub(crate) const FORGOTTEN_AFTER: i64 = LONGEST_LIFE + 4 * LEEWAY;

/// What an assertion says beside its times.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ClientAssertion {
    /// Who made it: the client.
    pub(crate) iss: Option<String>,
    /// Whom it is about: the client.
    pub(crate) sub: Option<String>,
    /// Whom it is for: us.
    pub(crate) aud: Option<Audiences>,
    /// Its own id.
    pub(crate) jti: Option<String>,
}

/// Whether they are nobody's but ours. An assertion that others may see in full must not work here.
fn all_ours(audiences: &Audiences, ours: impl Fn(&str) -> bool) -> bool {
    !audiences.0.is_empty() && audiences.0.iter().all(|one| ours(one))
}

/// The `jti` of an assertion by which the client proves now that it is this client.
///
/// # Errors
/// The rule of RFC 7523 §3 that it breaks, in words.
pub(crate) fn accept(
    signed: Signed<ClientAssertion>,
    client_id: &str,
    ours: impl Fn(&str) -> bool,
    now: i64,
) -> Result<String, &'static str> {
    let claims = signed.claims;
    // 1, 2: who made it, and whom it is about.
    if claims.iss.as_deref() != Some(client_id) || claims.sub.as_deref() != Some(client_id) {
        return Err("iss and sub of the assertion must be the client's id");
    }
    // 3: whom it is for.
    if !claims.aud.is_some_and(|aud| all_ours(&aud, ours)) {
        return Err("aud of the assertion must be the issuer or the token endpoint");
    }
    // 4: until when.
    let exp = signed.expires_at.ok_or("the assertion has no exp")?.unix();
    if now >= exp.saturating_add(LEEWAY) {
        return Err("the assertion has expired");
    }
    if exp > now.saturating_add(LONGEST_LIFE + LEEWAY) {
        return Err("exp of the assertion must be at most an hour ahead");
    }
    // 5, 6: from when.
    let ahead = |at: i64| at > now.saturating_add(LEEWAY);
    if signed.not_before.is_some_and(|at| ahead(at.unix())) {
        return Err("the assertion is not valid yet");
    }
    if signed.issued_at.is_some_and(|at| ahead(at.unix())) {
        return Err("the assertion is of the future");
    }
    // 7: once.
    claims.jti.filter(|jti| !jti.is_empty()).ok_or("the assertion has no jti")
}

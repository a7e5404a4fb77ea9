//! JWS compact serialization (RFC 7515 §3.1) with ES256 over jwt-compact, and the checks of RFC 8725 that
//! it leaves to its caller: the type, `crit`, and the token's length.

use std::borrow::Cow;
use std::num::NonZeroUsize;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jwt_compact::{
    Algorithm, AlgorithmExt as _, AlgorithmSignature, Claims, Header, TimeOptions, UntrustedToken,
};
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::crypto::work;
use crate::model::json::{self, Members};
use crate::model::signing_alg::SigningAlg;
use crate::model::time::Time;
use crate::ports::Fault;

/// Longer tokens are refused unread.
pub const LONGEST: usize = 8 * 1024;

/// ECDSA over P-256 with SHA-256 (RFC 7518 §3.4).
pub(super) struct Es256;

pub(super) struct Es256Signature(Signature);

impl AlgorithmSignature for Es256Signature {
    const LENGTH: Option<NonZeroUsize> = NonZeroUsize::new(64);

    fn try_from_slice(slice: &[u8]) -> anyhow::Result<Self> {
        Ok(Es256Signature(Signature::from_slice(slice).map_err(|_| anyhow::anyhow!("not a signature"))?))
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.0.to_bytes().to_vec())
    }
}

impl Algorithm for Es256 {
    type SigningKey = SigningKey;
    type VerifyingKey = VerifyingKey;
    type Signature = Es256Signature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("ES256")
    }

    fn sign(&self, key: &SigningKey, message: &[u8]) -> Es256Signature {
        work::count_signature();
        let signature: Signature = key.sign(message);
        Es256Signature(signature.normalize_s())
    }

    fn verify_signature(&self, signature: &Es256Signature, key: &VerifyingKey, message: &[u8]) -> bool {
        work::count_signature();
        key.verify(message, &signature.0).is_ok()
    }
}

/// Header members beyond those that jwt-compact knows. Any `crit` is refused: we implement no extension
/// (RFC 7515 §4.1.11). So is `b64`, which no JWT has (RFC 7797 §7).
#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct More {
    #[serde(default)]
    pub(super) crit: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) b64: Option<IgnoredAny>,
}

/// From when until when a token is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// `iat` and `nbf`.
    pub from: Time,
    /// `exp`, the first instant at which it is not valid any more.
    pub until: Time,
}

/// Signs claims as a token of that type (RFC 8725 §3.11).
pub fn sign<T: Serialize>(
    typ: &str,
    kid: &str,
    key: &SigningKey,
    validity: Validity,
    claims: &T,
) -> Result<String, Fault> {
    let header = Header::empty().with_token_type(typ).with_key_id(kid);
    Es256.token(&header, &timed(validity, claims), key).map_err(|error| Fault::new("jws", error))
}

/// The same with RS256, where `sign` makes the signature of bytes. It is a promise of the platform's, which
/// jwt-compact's [`Algorithm`] cannot wait for: so the three parts are put together here (RFC 7515 §3.1).
pub(crate) async fn sign_rs256<T: Serialize>(
    typ: &str,
    kid: &str,
    sign: impl AsyncFnOnce(&[u8]) -> Result<Vec<u8>, Fault>,
    validity: Validity,
    claims: &T,
) -> Result<String, Fault> {
    let part = |json: serde_json::Result<Vec<u8>>| {
        json.map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|error| Fault::new("jws", error))
    };
    let header = json!({ "alg": SigningAlg::Rs256, "typ": typ, "kid": kid });
    let claims = timed(validity, claims);
    let message = format!("{}.{}", part(serde_json::to_vec(&header))?, part(serde_json::to_vec(&claims))?);
    let signature = sign(message.as_bytes()).await?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn timed<T>(validity: Validity, claims: &T) -> Claims<&T> {
    let mut claims = Claims::new(claims);
    claims.issued_at = date(validity.from);
    claims.not_before = date(validity.from);
    claims.expiration = date(validity.until);
    claims
}

fn date(time: Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.unix(), 0)
}

/// What claims say beside their times.
pub(super) fn custom<T: DeserializeOwned>(claims: Claims<Members>) -> Option<T> {
    json::read(claims.custom.0.into()).ok()
}

/// The one spelling of an ES256 token. Whoever has a signature `(r, s)` can write down `(r, n - s)`, which the key
/// verifies as well: of the two, this is the one with the smaller `s`, which we make. Wherever a token is remembered or
/// compared by its bytes, it is by these.
pub(crate) fn canonical(token: &str) -> Cow<'_, str> {
    let other = || {
        let (message, signature) = token.rsplit_once('.')?;
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        let normalized = signature.normalize_s();
        let changed = normalized != signature;
        changed.then(|| format!("{message}.{}", URL_SAFE_NO_PAD.encode(normalized.to_bytes())))
    };
    other().map_or(Cow::Borrowed(token), Cow::Owned)
}

/// A token that parsed, with nothing about it believed yet.
pub struct Untrusted<'a>(UntrustedToken<'a, More>);

impl<'a> Untrusted<'a> {
    /// Parses the three parts. `None` for anything that is not one ES256 token in strict base64url of at
    /// most [`LONGEST`] bytes and of that `typ`.
    pub fn parse(token: &'a str, typ: &str) -> Option<Untrusted<'a>> {
        if token.len() > LONGEST {
            return None;
        }
        let token = UntrustedToken::try_from(token).ok()?;
        let header: &Header<More> = token.header();
        let plain = header.other_fields.crit.is_none() && header.token_type.as_deref() == Some(typ);
        (plain && token.algorithm() == "ES256").then_some(Untrusted(token))
    }

    /// The key it claims to be signed with.
    pub fn kid(&self) -> Option<&str> {
        self.0.header().key_id.as_deref()
    }

    fn read_unchecked(&self) -> Option<Claims<Members>> {
        self.0.deserialize_claims_unchecked().ok()
    }

    /// What it claims, to find the key by.
    pub fn claims_unchecked<T: DeserializeOwned>(&self) -> Option<T> {
        custom(self.read_unchecked()?)
    }

    /// When it claims to have been made: a token that has expired is checked as of then.
    pub(crate) fn issued_at_unchecked(&self) -> Option<Time> {
        let claims = self.read_unchecked()?;
        Some(Time(claims.issued_at?.timestamp_millis()))
    }

    /// Its claims and the end of its life, if the key signed them and the token is valid now
    /// (RFC 7519 §4.1.4, §4.1.5).
    ///
    /// The clock is ours, so no leeway is given.
    pub(crate) fn verify<T: DeserializeOwned>(&self, key: &VerifyingKey, now: Time) -> Option<(T, Time)> {
        let (claims, until) = self.verify_claims(key, now)?;
        Some((custom(claims)?, until))
    }

    fn verify_claims(&self, key: &VerifyingKey, now: Time) -> Option<(Claims<Members>, Time)> {
        let at = date(now)?;
        let clock = TimeOptions::new(TimeDelta::zero(), || at);
        let token = Es256.validator::<Members>(key).validate(&self.0).ok()?;
        let (_, claims) = token.into_parts();
        claims.validate_expiration(&clock).ok()?;
        if claims.not_before.is_some() {
            claims.validate_maturity(&clock).ok()?;
        }
        let until = claims.expiration?.timestamp();
        // jwt-compact still takes a token in the very second of its `exp`.
        if now.unix() >= until {
            return None;
        }
        Some((claims, Time(until.saturating_mul(1000))))
    }
}

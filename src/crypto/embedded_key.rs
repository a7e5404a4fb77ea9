//! JWS whose header carries the public key that it is verified with (RFC 7515 §4.1.3), as DPoP proofs do: they show that
//! their sender holds a key, whoever that is.

use jwt_compact::{Header, UntrustedToken};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::crypto::foreign::{self, Alg, Key, Signed};
use crate::crypto::jwk;
use crate::crypto::signed::verify_with;

/// Longer tokens are refused unread. A key and a signature of RSA with 4,096 bits take 1,400 of them.
const LONGEST: usize = 4 * 1024;

/// Header members beyond those that jwt-compact knows; any `crit` is refused (RFC 7515 §4.1.11).
#[derive(Debug, Clone, Deserialize)]
struct WithKey {
    #[serde(default)]
    crit: Option<IgnoredAny>,
    jwk: Value,
}

/// A token that parsed, with nothing about it believed yet.
pub(crate) struct SelfSigned<'a> {
    token: UntrustedToken<'a, WithKey>,
    alg: Alg,
    key: Key,
}

impl<'a> SelfSigned<'a> {
    /// Parses the three parts and the key.
    ///
    /// # Errors
    /// What is wrong, in a few words: it is not one token in strict base64url of that `typ`, needs an extension, or has
    /// no public key for the algorithm that it says.
    pub(crate) fn parse(token: &'a str, typ: &str) -> Result<SelfSigned<'a>, &'static str> {
        let not_one = "it is not one JWT with a public key as jwk in its header";
        if token.len() > LONGEST {
            return Err("it is too long");
        }
        let token: UntrustedToken<'a, WithKey> = UntrustedToken::try_from(token).map_err(|_| not_one)?;
        let header: &Header<WithKey> = token.header();
        if header.token_type.as_deref() != Some(typ) {
            return Err("its typ is another");
        }
        if header.other_fields.crit.is_some() {
            return Err("it needs an extension");
        }
        let key = foreign::key(&header.other_fields.jwk)?;
        let alg = Alg::named(token.algorithm()).filter(|alg| Alg::CLIENTS.contains(alg) && key.is_for(*alg));
        let alg = alg.ok_or("its alg is not that of its key")?;
        Ok(SelfSigned { token, alg, key })
    }

    /// What it says, if its key signed it.
    pub(crate) fn verify<T: DeserializeOwned>(&self) -> Option<Signed<T>> {
        verify_with(&self.token, self.alg, self.key.public())
    }

    /// Its key's thumbprint.
    pub(crate) fn thumbprint(&self) -> Option<String> {
        thumbprint(&self.token.header().other_fields.jwk)
    }
}

/// The thumbprint of a key that somebody sent.
fn thumbprint(jwk: &Value) -> Option<String> {
    let required: &[&str] = match jwk.get("kty")?.as_str()? {
        "EC" => &["crv", "kty", "x", "y"],
        "RSA" => &["e", "kty", "n"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let member = |name: &&'static str| Some((*name, jwk.get(*name)?.as_str()?));
    Some(jwk::thumbprint(&required.iter().map(member).collect::<Option<_>>()?))
}

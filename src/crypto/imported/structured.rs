//! Hashes that are no line of text: a credential of Keycloak's export, as JSON; and the blob of ASP.NET Core Identity.

use std::collections::BTreeMap;

use argon2::{Algorithm, Version};
use serde::Deserialize;

use crate::crypto::imported::bounds::Unfit;
use crate::crypto::imported::import::{Digest, Import};
use crate::crypto::imported::parts::{argon2_of, base64};

type Read = Result<Import, Unfit>;

/// A credential in a realm's export: two of its members are JSON in text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    secret_data: String,
    credential_data: String,
}

#[derive(Deserialize)]
struct Secret {
    value: String,
    #[serde(default)]
    salt: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    algorithm: String,
    #[serde(default)]
    hash_iterations: u32,
    #[serde(default)]
    additional_parameters: Option<BTreeMap<String, Vec<String>>>,
}

/// `{"secretData":"…","credentialData":"…"}`: a credential of Keycloak.
pub(super) fn keycloak(json: &str) -> Read {
    const KIND: &str = "Keycloak";
    let members = "secretData or credentialData is missing, or is no text that is JSON";
    let credential: Option<Credential> = serde_json::from_str(json).ok();
    let both = credential.and_then(|credential| {
        let secret: Secret = serde_json::from_str(&credential.secret_data).ok()?;
        let kind: Kind = serde_json::from_str(&credential.credential_data).ok()?;
        Some((secret, kind))
    });
    let (secret, kind) = both.ok_or(Unfit::Malformed(KIND, members))?;
    let salt = base64(&secret.salt).ok_or(Unfit::Malformed(KIND, "the salt is not in base64"))?;
    let key = base64(&secret.value).ok_or(Unfit::Malformed(KIND, "the value is not in base64"))?;
    let digest = match kind.algorithm.as_str() {
        "argon2" => return keycloak_argon2(&kind, salt, key),
        "pbkdf2" => Digest::Sha1,
        "pbkdf2-sha256" => Digest::Sha256,
        "pbkdf2-sha512" => Digest::Sha512,
        _ => {
            let why = "Keycloak's own are argon2, pbkdf2, pbkdf2-sha256 and pbkdf2-sha512";
            return Err(Unfit::NotComputed("an algorithm of a Keycloak extension", why));
        }
    };
    Ok(Import::Pbkdf2 { digest, rounds: kind.hash_iterations, salt, key })
}

fn keycloak_argon2(kind: &Kind, salt: Vec<u8>, key: Vec<u8>) -> Read {
    let value = |name: &str| kind.additional_parameters.as_ref()?.get(name)?.first().map(String::as_str);
    let algorithm = match value("type") {
        Some("d") => Algorithm::Argon2d,
        Some("i") => Algorithm::Argon2i,
        Some("id") => Algorithm::Argon2id,
        _ => return Err(Unfit::Malformed("Keycloak", "its type is none of d, i and id")),
    };
    let version = match value("version") {
        Some("1.0") => Version::V0x10,
        Some("1.3") => Version::V0x13,
        _ => return Err(Unfit::Malformed("Keycloak", "its version is neither 1.0 nor 1.3")),
    };
    let number = |name| value(name).and_then(|text| text.parse().ok());
    let costs = [number("memory"), Some(kind.hash_iterations), number("parallelism")];
    argon2_of(algorithm, vec![version], costs, salt, key)
}

/// A blob of ASP.NET Core Identity in base64, version 3 (`01`, PRF, rounds and length of the salt as 32 bits each,
/// most significant byte first, salt, key) or 2 (`00`, salt of 16 bytes, key of 32; SHA-1, 1,000 rounds). `None` if
/// it is none.
pub(super) fn aspnet(stored: &str) -> Option<Read> {
    let blob = base64(stored)?;
    let (version, rest) = blob.split_first()?;
    match version {
        0 if rest.len() == 48 => {
            let (salt, key) = rest.split_at_checked(16)?;
            let (salt, key) = (salt.to_vec(), key.to_vec());
            Some(Ok(Import::Pbkdf2 { digest: Digest::Sha1, rounds: 1_000, salt, key }))
        }
        1 => {
            let (prf, rest) = number(rest)?;
            let (rounds, rest) = number(rest)?;
            let (length, rest) = number(rest)?;
            let digest = match prf {
                0 => Digest::Sha1,
                1 => Digest::Sha256,
                2 => Digest::Sha512,
                _ => return None,
            };
            let Some((salt, key)) = rest.split_at_checked(usize::try_from(length).ok()?) else {
                let why = "it ends before its salt does";
                return Some(Err(Unfit::Malformed("ASP.NET Core Identity", why)));
            };
            Some(Ok(Import::Pbkdf2 { digest, rounds, salt: salt.to_vec(), key: key.to_vec() }))
        }
        _ => None,
    }
}

/// A number of 32 bits, and what follows.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (first, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*first), rest))
}

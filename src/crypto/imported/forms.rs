//! Hashes as text: the PHC string format and those like it, Modular Crypt Format, Django, Werkzeug, passlib, and
//! names of kinds in braces.

use argon2::{Algorithm, Version};
use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::GeneralPurpose;

use crate::crypto::imported::bounds::{LONGEST, Unfit};
use crate::crypto::imported::import::{Digest, Import};
use crate::crypto::imported::parts::{ANY, Read, argon2_of, base64, needed};
use crate::crypto::imported::{refused, structured};

type Reader = fn(&str) -> Read;

/// How a hash begins, and what reads the rest.
const FORMS: &[(&str, Reader)] = &[
    ("$argon2", argon2),
    ("$scrypt$", scrypt_phc),
    ("$s0$", scrypt_packed),
    ("$pbkdf2", pbkdf2_phc),
    ("$2a$", bcrypt),
    ("$2b$", bcrypt),
    ("$2y$", bcrypt),
    // Django.
    ("pbkdf2_sha1$", |rest| pbkdf2_django(Digest::Sha1, rest)),
    ("pbkdf2_sha256$", |rest| pbkdf2_django(Digest::Sha256, rest)),
    ("scrypt$", scrypt_django),
    ("argon2$argon2", argon2),
    ("bcrypt$", bcrypt_django),
    ("bcrypt_sha256$", bcrypt_of_digest),
    // Werkzeug, and Flask with it.
    ("pbkdf2:", pbkdf2_werkzeug),
    ("scrypt:", scrypt_werkzeug),
];

/// Names of kinds in braces, in lower case (Spring Security, LDAP, Dovecot), and what reads the rest.
const BRACED: &[(&str, Reader)] = &[
    ("bcrypt", bcrypt_whole),
    ("blf-crypt", bcrypt_whole),
    ("crypt", bcrypt_whole),
    ("argon2", argon2_whole),
    ("argon2@springsecurity_v5_8", argon2_whole),
    ("argon2id", argon2_whole),
    ("argon2i", argon2_whole),
    ("scrypt", |rest| scrypt_packed(rest.strip_prefix('$').unwrap_or_default())),
    ("scrypt@springsecurity_v5_8", |rest| scrypt_packed(rest.strip_prefix('$').unwrap_or_default())),
    ("pbkdf2", |rest| pbkdf2_braced(Digest::Sha1, rest)),
    ("pbkdf2-sha1", |rest| pbkdf2_braced(Digest::Sha1, rest)),
    ("pbkdf2-sha256", |rest| pbkdf2_braced(Digest::Sha256, rest)),
    ("pbkdf2-sha512", |rest| pbkdf2_braced(Digest::Sha512, rest)),
];

/// Splits a hash into what it is computed of.
///
/// # Errors
/// [`Unfit`], but for what it costs.
pub(super) fn read(stored: &str) -> Read {
    if stored.len() > LONGEST {
        return Err(Unfit::TooLong);
    }
    let form = FORMS.iter().find_map(|(begins, read)| Some((read, stored.strip_prefix(begins)?)));
    if let Some((read, rest)) = form {
        return read(rest);
    }
    if stored.starts_with('{') && stored.contains('"') {
        return structured::keycloak(stored);
    }
    if let Some((name, rest)) = stored.strip_prefix('{').and_then(|inside| inside.split_once('}'))
        && let Some((_, read)) = BRACED.iter().find(|(known, _)| name.eq_ignore_ascii_case(known))
    {
        // Whether the rest is of that kind, or of one that is refused by a name of its own.
        return match (read(rest), refused::reason(rest), refused::reason(stored)) {
            (Ok(import), ..) => Ok(import),
            (_, named @ Unfit::NotComputed(..), _) | (_, _, named @ Unfit::NotComputed(..)) => Err(named),
            (unfit, ..) => unfit,
        };
    }
    structured::aspnet(stored).unwrap_or_else(|| Err(refused::reason(stored)))
}

/// Bytes in hexadecimal digits.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    if odd.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

/// A number in decimal digits and nothing else.
fn decimal(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The parts between dollar signs, if there are that many.
fn parts<const N: usize>(kind: &'static str, text: &str) -> Result<[String; N], Unfit> {
    let parts: Vec<String> = text.split('$').map(str::to_owned).collect();
    parts.try_into().map_err(|_| Unfit::Malformed(kind, "it has too many or too few parts"))
}

/// The parameters `name=value,…` of a PHC string, in the order of these names; those that are missing are `None`.
fn params<const N: usize>(
    kind: &'static str,
    names: [&str; N],
    text: &str,
) -> Result<[Option<u32>; N], Unfit> {
    let mut values = [None; N];
    for pair in text.split(',') {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Unfit::Malformed(kind, "a parameter has no value"));
        };
        let at = names.iter().position(|known| *known == name);
        let Some(slot) = at.and_then(|at| values.get_mut(at)) else {
            return Err(Unfit::Malformed(kind, "it has an unknown parameter"));
        };
        let value = decimal(value).ok_or(Unfit::Malformed(kind, "a parameter is no number"))?;
        if slot.replace(value).is_some() {
            return Err(Unfit::Malformed(kind, "a parameter stands twice"));
        }
    }
    Ok(values)
}

const NO_SALT: &str = "the salt is not in base64";
const NO_KEY: &str = "the key is not in base64";

/// `$argon2id$v=19$m=,t=,p=$salt$key`, behind `$argon2`.
fn argon2(rest: &str) -> Read {
    const KIND: &str = "Argon2";
    let (variant, rest) = needed(KIND, "it has too few parts", rest.split_once('$'))?;
    let algorithm = match variant {
        "d" => Algorithm::Argon2d,
        "i" => Algorithm::Argon2i,
        "id" => Algorithm::Argon2id,
        _ => return Err(Unfit::Malformed(KIND, "its variant is none of d, i and id")),
    };
    let (version, rest) = match rest.strip_prefix("v=").and_then(|rest| rest.split_once('$')) {
        Some((version, rest)) => (Some(version), rest),
        None => (None, rest),
    };
    let versions = match version {
        // Version 1.0 wrote none; nor do some that compute 1.3.
        None => vec![Version::V0x10, Version::V0x13],
        Some("16") => vec![Version::V0x10],
        Some("19") => vec![Version::V0x13],
        Some(_) => return Err(Unfit::Malformed(KIND, "its version is neither 16 nor 19")),
    };
    let [costs, salt, key] = parts(KIND, rest)?;
    let names = costs.split(',').map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name));
    for name in names {
        match name {
            "keyid" => {
                return Err(Unfit::NotComputed(
                    "Argon2 with keyid",
                    "it names a secret key, which is not here",
                ));
            }
            "data" => {
                let why = "nothing is hashed here but password and salt";
                return Err(Unfit::NotComputed("Argon2 with data", why));
            }
            _ => {}
        }
    }
    let [m, t, p] = params(KIND, ["m", "t", "p"], &costs)?;
    let salt = needed(KIND, NO_SALT, base64(&salt))?;
    let key = needed(KIND, NO_KEY, base64(&key))?;
    argon2_of(algorithm, versions, [m, t, p], salt, key)
}

/// `$scrypt$ln=,r=,p=$salt$key`, behind `$scrypt$`. `ln` is the binary logarithm of N; Ory's has N itself.
fn scrypt_phc(rest: &str) -> Read {
    const KIND: &str = "scrypt";
    let [costs, salt, key] = parts(KIND, rest)?;
    let [ln, r, p] = params(KIND, ["ln", "r", "p"], &costs)?;
    let ln = needed(KIND, "ln is missing", ln)?;
    let ln = if ln >= 1_024 && ln.is_power_of_two() { ln.ilog2() } else { ln };
    let salt = needed(KIND, NO_SALT, base64(&salt))?;
    let key = needed(KIND, NO_KEY, base64(&key))?;
    scrypt_of(ln, [r, p], salt, key)
}

/// `$s0$params$salt$key`, behind `$s0$`: the three numbers in one, in hexadecimal digits. Spring's, too.
fn scrypt_packed(rest: &str) -> Read {
    const KIND: &str = "scrypt";
    let [costs, salt, key] = parts(KIND, rest)?;
    let costs = needed(KIND, "its parameters are no number", u32::from_str_radix(&costs, 16).ok())?;
    let salt = needed(KIND, NO_SALT, base64(&salt))?;
    let key = needed(KIND, NO_KEY, base64(&key))?;
    scrypt_of(costs >> 16, [Some(costs >> 8 & 0xff), Some(costs & 0xff)], salt, key)
}

/// `N$salt$r$p$key`, behind `scrypt$`: salt as it stands, key in base64.
fn scrypt_django(rest: &str) -> Read {
    const KIND: &str = "scrypt";
    let [n, salt, r, p, key] = parts(KIND, rest)?;
    let key = needed(KIND, NO_KEY, base64(&key))?;
    scrypt_of(log_of(&n)?, [decimal(&r), decimal(&p)], salt.into_bytes(), key)
}

/// `N:r:p$salt$key`, behind `scrypt:`: salt as it stands, key in hexadecimal digits.
fn scrypt_werkzeug(rest: &str) -> Read {
    const KIND: &str = "scrypt";
    let [costs, salt, key] = parts(KIND, rest)?;
    let costs: Vec<&str> = costs.split(':').collect();
    let [n, r, p] = costs.as_slice() else { return Err(Unfit::Malformed(KIND, "N, r or p is missing")) };
    let key = needed(KIND, "the key is not in hexadecimal digits", unhex(&key))?;
    scrypt_of(log_of(n)?, [decimal(r), decimal(p)], salt.into_bytes(), key)
}

/// The binary logarithm of scrypt's N.
fn log_of(n: &str) -> Result<u32, Unfit> {
    let n = decimal(n).filter(|n| n.is_power_of_two());
    needed("scrypt", "N is no power of two", n).map(u32::ilog2)
}

fn scrypt_of(log_n: u32, [r, p]: [Option<u32>; 2], salt: Vec<u8>, key: Vec<u8>) -> Read {
    const KIND: &str = "scrypt";
    let r = needed(KIND, "r is missing", r)?;
    let p = needed(KIND, "p is missing", p)?;
    if log_n == 0 || r == 0 || p == 0 {
        return Err(Unfit::Malformed(KIND, "N must be at least 2, r and p at least 1"));
    }
    // What no machine can compute is over every bound, and is told so.
    let params =
        u8::try_from(log_n).ok().filter(|log_n| *log_n < 32 && u64::from(r) * u64::from(p) < 1 << 30);
    let params = params.and_then(|log_n| scrypt::Params::new(log_n, r, p).ok());
    let kib = ((128 * u128::from(r)) << log_n.min(64)) >> 10;
    let kib = kib.max((u128::from(r) * u128::from(p)) >> 3);
    let params = params.ok_or(Unfit::Memory(u64::try_from(kib).unwrap_or(u64::MAX)))?;
    Ok(Import::Scrypt { params, salt, key })
}

/// `$pbkdf2-sha256$i=,l=$salt$key`, behind `$pbkdf2`; passlib's has the rounds alone in place of `i=,l=`.
fn pbkdf2_phc(rest: &str) -> Read {
    const KIND: &str = "PBKDF2";
    let [name, costs, salt, key] = parts(KIND, rest)?;
    let digest = match name.as_str() {
        "" | "-sha1" => Digest::Sha1,
        "-sha224" => Digest::Sha224,
        "-sha256" => Digest::Sha256,
        "-sha384" => Digest::Sha384,
        "-sha512" => Digest::Sha512,
        _ => return Err(unknown_digest()),
    };
    let salt = needed(KIND, NO_SALT, base64(&salt))?;
    let key = needed(KIND, NO_KEY, base64(&key))?;
    if costs.starts_with(|c: char| c.is_ascii_digit()) {
        return pbkdf2_of(digest, &costs, salt, key);
    }
    let [i, l] = params(KIND, ["i", "l"], &costs)?;
    if l.is_some_and(|l| usize::try_from(l) != Ok(key.len())) {
        return Err(Unfit::Malformed(KIND, "the key is not as long as l says"));
    }
    let rounds = needed(KIND, "i is missing", i)?;
    Ok(Import::Pbkdf2 { digest, rounds, salt, key })
}

fn unknown_digest() -> Unfit {
    Unfit::NotComputed("PBKDF2 with another digest", "of SHA-1 and SHA-2 alone it is computed here")
}

fn pbkdf2_of(digest: Digest, rounds: &str, salt: Vec<u8>, key: Vec<u8>) -> Read {
    let rounds = needed("PBKDF2", "the rounds are no number", decimal(rounds))?;
    Ok(Import::Pbkdf2 { digest, rounds, salt, key })
}

/// `rounds$salt$key`: salt as it stands, key in base64.
fn pbkdf2_django(digest: Digest, rest: &str) -> Read {
    let [rounds, salt, key] = parts("PBKDF2", rest)?;
    let key = needed("PBKDF2", NO_KEY, base64(&key))?;
    pbkdf2_of(digest, &rounds, salt.into_bytes(), key)
}

/// `rounds$salt$key` of LDAP: both in base64.
fn pbkdf2_braced(digest: Digest, rest: &str) -> Read {
    let [rounds, salt, key] = parts("PBKDF2", rest)?;
    let salt = needed("PBKDF2", NO_SALT, base64(&salt))?;
    let key = needed("PBKDF2", NO_KEY, base64(&key))?;
    pbkdf2_of(digest, &rounds, salt, key)
}

/// `sha256:rounds$salt$key`, behind `pbkdf2:`: salt as it stands, key in hexadecimal digits.
fn pbkdf2_werkzeug(rest: &str) -> Read {
    const KIND: &str = "PBKDF2";
    let [method, salt, key] = parts(KIND, rest)?;
    let (digest, rounds) = method.split_once(':').unwrap_or((&method, ""));
    let digest = match digest {
        "sha1" => Digest::Sha1,
        "sha224" => Digest::Sha224,
        "sha256" => Digest::Sha256,
        "sha384" => Digest::Sha384,
        "sha512" => Digest::Sha512,
        _ => return Err(unknown_digest()),
    };
    if rounds.is_empty() {
        let why = "the rounds are whatever that version of Werkzeug had; write them behind the digest";
        return Err(Unfit::NotComputed("PBKDF2 without its rounds", why));
    }
    let key = needed(KIND, "the key is not in hexadecimal digits", unhex(&key))?;
    pbkdf2_of(digest, rounds, salt.into_bytes(), key)
}

/// `10$` and 53 characters in an alphabet of its own, behind `$2b$`: a salt of 16 bytes, a key of 23.
fn bcrypt(rest: &str) -> Read {
    const KIND: &str = "bcrypt";
    let (cost, both) = needed(KIND, "it has too few parts", rest.split_once('$'))?;
    let cost = decimal(cost).filter(|_| cost.len() == 2);
    let cost = needed(KIND, "the cost is not two digits", cost)?;
    let (salt, key) = needed(KIND, "it is not 60 characters", both.split_at_checked(22))?;
    let alphabet = GeneralPurpose::new(&BCRYPT, ANY);
    let decode = |text: &str, length| {
        let bytes = alphabet.decode(text).ok().filter(|_| !text.contains('='));
        needed(KIND, "it is not 60 characters", bytes.filter(|bytes| bytes.len() == length))
    };
    let salt = decode(salt, 16)?;
    let salt = needed(KIND, "it is not 60 characters", salt.try_into().ok())?;
    Ok(Import::Bcrypt { cost, salt, key: decode(key, 23)?, of_digest: false })
}

/// A whole hash of bcrypt behind a name in braces.
fn bcrypt_whole(rest: &str) -> Read {
    let behind = ["$2a$", "$2b$", "$2y$"].iter().find_map(|begins| rest.strip_prefix(begins));
    bcrypt(needed("bcrypt", "behind its name stands none of $2a$, $2b$ and $2y$", behind)?)
}

fn argon2_whole(rest: &str) -> Read {
    argon2(needed("Argon2", "behind its name stands no $argon2", rest.strip_prefix("$argon2"))?)
}

/// `$2b$…`, behind `bcrypt$`.
fn bcrypt_django(rest: &str) -> Read {
    bcrypt_whole(rest)
}

/// `$2b$…` of the password's SHA-256, behind `bcrypt_sha256$`.
fn bcrypt_of_digest(rest: &str) -> Read {
    match bcrypt_whole(rest)? {
        Import::Bcrypt { cost, salt, key, .. } => Ok(Import::Bcrypt { cost, salt, key, of_digest: true }),
        other => Ok(other),
    }
}

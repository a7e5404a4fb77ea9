//! Hashes that were made elsewhere and may be imported: bcrypt (`$2a$`, `$2b$`, `$2y$`), and in PHC form
//! `$scrypt$ln=,r=,p=$salt$hash`, `$pbkdf2-sha1$`, `$pbkdf2-sha256$`, `$pbkdf2-sha512$i=,l=$salt$hash` and
//! Argon2. They are replaced at the next login.

use password_hash::phc::PasswordHash;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq as _;

use crate::crypto::password::argon2_of;

/// bcrypt reads no further than this; a longer password never matches, so that none is cut.
const BCRYPT_LONGEST: usize = 72;

/// Whether a hash is of a kind that can be imported and costs no more than a login may take.
pub fn can_import(stored: &str) -> bool {
    if stored.len() > 512 {
        return false;
    }
    if stored.starts_with("$argon2") {
        return argon2_of(stored).is_some();
    }
    match Import::parse(stored) {
        Some(Import::Bcrypt { cost }) => (4..=14).contains(&cost),
        Some(Import::Scrypt { params, .. }) => {
            params.p() <= 4 && 128 * (1_u64 << params.log_n()) * u64::from(params.r()) <= 64 << 20
        }
        Some(Import::Pbkdf2 { rounds, .. }) => (1..=2_000_000).contains(&rounds),
        None => false,
    }
}

/// Whether the password is the one that was hashed.
pub fn matches(password: &str, stored: &str) -> bool {
    let bytes = password.as_bytes();
    match Import::parse(stored) {
        Some(Import::Bcrypt { .. }) => {
            bytes.len() <= BCRYPT_LONGEST && bcrypt::verify(bytes, stored).unwrap_or(false)
        }
        Some(Import::Scrypt { params, salt, hash }) => {
            let mut out = vec![0; hash.len()];
            scrypt::scrypt(bytes, &salt, &params, &mut out).is_ok() && out.ct_eq(&hash).into()
        }
        Some(Import::Pbkdf2 { digest, rounds, salt, hash }) => {
            let mut out = vec![0; hash.len()];
            match digest {
                Digest::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(bytes, &salt, rounds, &mut out),
                Digest::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(bytes, &salt, rounds, &mut out),
                Digest::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(bytes, &salt, rounds, &mut out),
            }
            out.ct_eq(&hash).into()
        }
        None => false,
    }
}

enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

enum Import {
    Bcrypt { cost: u32 },
    Scrypt { params: scrypt::Params, salt: Vec<u8>, hash: Vec<u8> },
    Pbkdf2 { digest: Digest, rounds: u32, salt: Vec<u8>, hash: Vec<u8> },
}

impl Import {
    fn parse(stored: &str) -> Option<Import> {
        if ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| stored.starts_with(prefix)) {
            let parts: bcrypt::HashParts = stored.parse().ok()?;
            return Some(Import::Bcrypt { cost: parts.get_cost() });
        }
        let phc = PasswordHash::new(stored).ok()?;
        let salt = phc.salt?.as_ref().to_vec();
        let hash = phc.hash?.as_ref().to_vec();
        let number = |name: &str| phc.params.get_decimal(name);
        let digest = match phc.algorithm.as_str() {
            "scrypt" => {
                let log_n = u8::try_from(number("ln")?).ok()?;
                let params = scrypt::Params::new(log_n, number("r")?, number("p")?).ok()?;
                return Some(Import::Scrypt { params, salt, hash });
            }
            "pbkdf2-sha1" | "pbkdf2" => Digest::Sha1,
            "pbkdf2-sha256" => Digest::Sha256,
            "pbkdf2-sha512" => Digest::Sha512,
            _ => return None,
        };
        Some(Import::Pbkdf2 { digest, rounds: number("i")?, salt, hash })
    }
}

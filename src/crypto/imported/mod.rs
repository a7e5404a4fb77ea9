//! Hashes that were made elsewhere and may be imported: bcrypt, Argon2, scrypt and PBKDF2, in the forms that the
//! systems write which people come from. They are replaced at the next login.
//!
//! A stored hash is split here into numbers, salt and key ([`forms`], [`structured`]), held against what an isolate
//! can bear ([`bounds`]), and computed by the chosen crates. The types that those have for PHC strings refuse salts
//! over 48 and under 8 bytes and keys over 64, which libraries make.

mod bounds;
mod forms;
pub(super) mod import;
mod parts;
mod refused;
mod structured;

use argon2::Argon2;
use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;

pub(crate) use crate::crypto::imported::bounds::Unfit;
use crate::crypto::imported::import::{Digest, Import};
use crate::crypto::workspace;

/// bcrypt reads no further than this; a longer password never matches, so that none is cut.
const BCRYPT_LONGEST: usize = 72;

/// Whether a hash is of a kind that can be imported and costs no more than a login may take.
///
/// # Errors
/// [`Unfit`]: why not.
pub fn check_import(stored: &str) -> Result<(), Unfit> {
    Import::read(stored).map(|_| ())
}

/// Whether the password is the one that was hashed.
pub fn matches(password: &str, stored: &str) -> bool {
    Import::read(stored).is_ok_and(|import| import.matches(password))
}

impl Import {
    /// Reads a stored hash.
    ///
    /// # Errors
    /// [`Unfit`] for what is none, is of no kind that is computed here, or is too costly.
    pub(super) fn read(stored: &str) -> Result<Import, Unfit> {
        let import = forms::read(stored)?;
        bounds::check(&import)?;
        Ok(import)
    }

    /// Whether this is the hash of the password.
    pub(super) fn matches(&self, password: &str) -> bool {
        let bytes = password.as_bytes();
        match self {
            Import::Bcrypt { cost, salt, key, of_digest: true } => {
                bcrypt_matches(*cost, *salt, hex(&Sha256::digest(bytes)).as_bytes(), key)
            }
            Import::Bcrypt { cost, salt, key, .. } => bcrypt_matches(*cost, *salt, bytes, key),
            Import::Argon2 { algorithm, versions, params, salt, key } => versions.iter().any(|version| {
                let argon2 = Argon2::new(*algorithm, *version, params.clone());
                let mut out = vec![0; key.len()];
                let compute = || argon2.hash_password_into(bytes, salt, &mut out).is_ok();
                workspace::within(params.block_count() << 10, compute) && out.ct_eq(key).into()
            }),
            Import::Scrypt { params, salt, key } => {
                let mut out = vec![0; key.len()];
                let compute = || scrypt::scrypt(bytes, salt, params, &mut out).is_ok();
                let computed = workspace::within(bounds::memory_of_scrypt(params), compute);
                computed && out.ct_eq(key).into()
            }
            Import::Pbkdf2 { digest, rounds, salt, key } => {
                let mut out = vec![0; key.len()];
                let pbkdf2 = match digest {
                    Digest::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>,
                    Digest::Sha224 => pbkdf2::pbkdf2_hmac::<Sha224>,
                    Digest::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>,
                    Digest::Sha384 => pbkdf2::pbkdf2_hmac::<Sha384>,
                    Digest::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>,
                };
                pbkdf2(bytes, salt, *rounds, &mut out);
                out.ct_eq(key).into()
            }
        }
    }
}

/// The password with the zero byte that ends it for bcrypt, which reads 72 bytes and has no room for the zero then.
fn bcrypt_matches(cost: u32, salt: [u8; 16], password: &[u8], key: &[u8]) -> bool {
    if password.len() > BCRYPT_LONGEST {
        return false;
    }
    let mut ended = [password, &[0]].concat();
    ended.truncate(BCRYPT_LONGEST);
    let out = bcrypt::bcrypt(cost, salt, &ended);
    // Of the 24 bytes, 23 are written.
    out.get(..23).is_some_and(|out| out.ct_eq(key).into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! Password hashes: Argon2id (RFC 9106) as PHC strings; imported ones are checked in [`super::imported`].
//!
//! A password is hashed as RFC 8265 §4.2 (OpaqueString) prepares it: the same password typed on another keyboard
//! or system is other bytes of Unicode.

use std::borrow::Cow;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::crypto::imported::import::Import;
use crate::crypto::{work, workspace};
use crate::model::text::{compose, decompose, is_other_space};
use crate::ports::Fault;

/// Memory in KiB, passes, lanes: OWASP's first choice of 2024.
const M_COST: u32 = 19_456;
const T_COST: u32 = 2;
const P_COST: u32 = 1;

/// Bytes of a hash.
const KEY_LENGTH: usize = 32;

/// The longest password that is looked at, in bytes. A longer one is refused, never cut.
pub const LONGEST: usize = 1_024;

/// Whether a password matched, and what to do about its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It is another password.
    Wrong,
    /// It matched.
    Right,
    /// It matched a hash of another kind or a lower cost: hash it anew.
    RightButStale,
}

/// A password as it is hashed: each space outside ASCII as a space, then NFC (RFC 8265 §4.2.2). No character is
/// refused: people have passwords that the FreeformClass would not let them have.
pub(crate) fn prepare(password: &str) -> Cow<'_, str> {
    if password.is_ascii() {
        return Cow::Borrowed(password);
    }
    let spaced: String = password.chars().map(|c| if is_other_space(c) { ' ' } else { c }).collect();
    Cow::Owned(compose(&spaced).into_owned())
}

/// What a sent password may have been hashed as: prepared; and, for hashes made before passwords were prepared
/// and for imported ones, as it was sent, or decomposed if it was sent composed. Two at most, and as many for
/// every stored hash, so that the time depends on what was sent alone.
fn spellings(password: &str) -> (Cow<'_, str>, Option<Cow<'_, str>>) {
    let prepared = prepare(password);
    let other = if *prepared == *password { decompose(password) } else { Cow::Borrowed(password) };
    let other = (*other != *prepared).then_some(other);
    (prepared, other)
}

/// Hashes a password, prepared; about 35 ms in the Worker.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, Fault> {
    let fault = |error: &dyn std::fmt::Display| Fault::new("password", error);
    let params = Params::new(M_COST, T_COST, P_COST, None).map_err(|e| fault(&e))?;
    let memory = params.block_count() << 10;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut out = [0; KEY_LENGTH];
    let prepared = prepare(password);
    work::count_hash();
    workspace::within(memory, || argon2.hash_password_into(prepared.as_bytes(), &salt, &mut out))
        .map_err(|e| fault(&e))?;
    let [salt, out] = [&salt[..], &out].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    Ok(format!("$argon2id$v=19$m={M_COST},t={T_COST},p={P_COST}${salt}${out}"))
}

/// Checks a password against a stored hash; takes as long as the hash is costly, twice that for a wrong password
/// that has two spellings. One that matches in another spelling than the prepared one is stale.
pub fn check(password: &str, stored: &str) -> Check {
    if password.len() > LONGEST {
        decoy(password);
        return Check::Wrong;
    }
    check_spellings(password, stored)
}

fn check_spellings(password: &str, stored: &str) -> Check {
    let (prepared, other) = spellings(password);
    match (check_spelling(&prepared, stored), other) {
        (Check::Wrong, Some(other)) => match check_spelling(&other, stored) {
            Check::Wrong => Check::Wrong,
            Check::Right | Check::RightButStale => Check::RightButStale,
        },
        (first, _) => first,
    }
}

fn check_spelling(password: &str, stored: &str) -> Check {
    let import = Import::read(stored).inspect(|_| work::count_hash());
    match import {
        Ok(import) if import.matches(password) => {
            if is_current(&import) {
                Check::Right
            } else {
                Check::RightButStale
            }
        }
        _ => Check::Wrong,
    }
}

/// Whether a hash is as [`hash`] makes it. A costlier one is not: each login would go on paying for it.
fn is_current(import: &Import) -> bool {
    let Import::Argon2 { algorithm, versions, params, key, .. } = import else { return false };
    *algorithm == Algorithm::Argon2id
        && versions.as_slice() == [Version::V0x13]
        && [params.m_cost(), params.t_cost(), params.p_cost()] == [M_COST, T_COST, P_COST]
        && key.len() >= KEY_LENGTH
}

/// A hash of the current cost that no password has.
pub const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Checks a password against nobody's hash, so that an unknown address answers no sooner.
pub(crate) fn decoy(password: &str) {
    let looked_at = password.get(..password.floor_char_boundary(LONGEST)).unwrap_or_default();
    let _ = check_spellings(looked_at, NOBODYS);
}

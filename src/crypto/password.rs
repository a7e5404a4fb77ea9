//! Password hashes: Argon2id (RFC 9106) as PHC strings; imported ones are checked in [`super::imported`].
//!
//! A password is hashed as RFC 8265 §4.2 (OpaqueString) prepares it: the same password typed on another keyboard
//! or system is other bytes of Unicode.

use std::borrow::Cow;

use argon2::{Algorithm, Argon2, Params, Version};
use password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use subtle::ConstantTimeEq as _;

use crate::crypto::imported;
use crate::model::text::{composed, decomposed, is_other_space};
use crate::ports::Fault;

/// Memory in KiB, passes, lanes: OWASP's first choice of 2024.
const M_COST: u32 = 19_456;
const T_COST: u32 = 2;
const P_COST: u32 = 1;

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
pub fn prepare(password: &str) -> Cow<'_, str> {
    if password.is_ascii() {
        return Cow::Borrowed(password);
    }
    let spaced: String = password.chars().map(|c| if is_other_space(c) { ' ' } else { c }).collect();
    Cow::Owned(composed(&spaced).into_owned())
}

/// What a sent password may have been hashed as: prepared; and, for hashes made before passwords were prepared
/// and for imported ones, as it was sent, or decomposed if it was sent composed. Two at most, and as many for
/// every stored hash, so that the time depends on what was sent alone.
fn spellings(password: &str) -> (Cow<'_, str>, Option<Cow<'_, str>>) {
    let prepared = prepare(password);
    let other = if *prepared == *password { decomposed(password) } else { Cow::Borrowed(password) };
    let other = (*other != *prepared).then_some(other);
    (prepared, other)
}

/// Hashes a password, prepared; about 35 ms in the Worker.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, Fault> {
    let fault = |error: &dyn std::fmt::Display| Fault::new("password", error);
    let params = Params::new(M_COST, T_COST, P_COST, None).map_err(|e| fault(&e))?;
    let phc_params = ParamsString::try_from(&params).map_err(|e| fault(&e))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut out = [0; 32];
    argon2.hash_password_into(prepare(password).as_bytes(), &salt, &mut out).map_err(|e| fault(&e))?;
    let phc = PasswordHash {
        algorithm: argon2::ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: phc_params,
        salt: Some(Salt::new(&salt).map_err(|e| fault(&e))?),
        hash: Some(Output::new(&out).map_err(|e| fault(&e))?),
    };
    Ok(phc.to_string())
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
    if !stored.starts_with("$argon2") {
        return if imported::matches(password, stored) { Check::RightButStale } else { Check::Wrong };
    }
    let Some((params, algorithm)) = argon2_of(stored) else { return Check::Wrong };
    let current = algorithm == Algorithm::Argon2id
        && params.m_cost() >= M_COST
        && params.t_cost() >= T_COST
        && params.p_cost() == P_COST;
    match (argon2_matches(password, stored, params, algorithm), current) {
        (Some(true), true) => Check::Right,
        (Some(true), false) => Check::RightButStale,
        _ => Check::Wrong,
    }
}

/// A hash of the current cost that no password has.
pub const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Checks a password against nobody's hash, so that an unknown address answers no sooner.
pub fn decoy(password: &str) {
    let looked_at = password.get(..password.floor_char_boundary(LONGEST)).unwrap_or_default();
    let _ = check_spellings(looked_at, NOBODYS);
}

/// The parameters of an Argon2 hash, if this isolate's memory can afford them.
pub(super) fn argon2_of(stored: &str) -> Option<(Params, Algorithm)> {
    let phc = PasswordHash::new(stored).ok()?;
    let algorithm = Algorithm::try_from(phc.algorithm.as_str()).ok()?;
    let params = Params::try_from(&phc).ok()?;
    let affordable = params.m_cost() <= 32 * 1024 && params.t_cost() <= 10 && params.p_cost() <= 4;
    let current = phc.version.is_none_or(|version| version == u32::from(Version::V0x13));
    (affordable && current && phc.salt.is_some() && phc.hash.is_some()).then_some((params, algorithm))
}

fn argon2_matches(password: &str, stored: &str, params: Params, algorithm: Algorithm) -> Option<bool> {
    let phc = PasswordHash::new(stored).ok()?;
    let wanted = phc.hash?;
    let mut out = vec![0; wanted.len()];
    let argon2 = Argon2::new(algorithm, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), phc.salt?.as_ref(), &mut out).ok()?;
    Some(out.ct_eq(wanted.as_ref()).into())
}

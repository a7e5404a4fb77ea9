//! What an imported hash may cost: memory and time of an isolate, at each try of a password.

use std::fmt;

use crate::crypto::imported::import::{Digest, Import};

/// The longest text of a hash.
pub(super) const LONGEST: usize = 2_048;

/// Memory that a hash may need, in bytes. An isolate has 128 MB, for the module and all that it answers as well.
const MEMORY: u64 = 64 << 20;

/// scrypt's memory, written this many times over: `128 · N · r · p` bytes at most.
const SCRYPT_WORK: u64 = 256 << 20;

/// Passes of Argon2.
const PASSES: u32 = 10;

/// Lanes of Argon2, which need neither more memory nor more time here.
const LANES: u32 = 255;

/// Costs of bcrypt.
const COSTS: std::ops::RangeInclusive<u32> = 4..=14;

/// Rounds of PBKDF2.
const ROUNDS: u32 = 2_000_000;

/// Rounds of PBKDF2 for all blocks of the key together: 2,000,000 for each of four.
const ALL_ROUNDS: u64 = 8_000_000;

/// Bytes of a key. A shorter one fits too many passwords.
const KEY: std::ops::RangeInclusive<usize> = 10..=512;

/// Why a hash cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It is in no known form.
    Unknown,
    /// It is longer than any is.
    TooLong,
    /// It is of a kind that is known and not computed here: its name, and why.
    NotComputed(&'static str, &'static str),
    /// It is in the form of this kind, but for this.
    Malformed(&'static str, &'static str),
    /// It needs this many KiB of memory.
    Memory(u64),
    /// It asks for more work than a sign-in may take: what of it, how much, and how much it may be.
    Work(&'static str, u64, String),
}

impl fmt::Display for Unfit {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Unknown => to.write_str(
                "is in no known form: bcrypt, Argon2, scrypt and PBKDF2 are taken as their libraries write them",
            ),
            Unfit::TooLong => write!(to, "must be at most {LONGEST} characters"),
            Unfit::NotComputed(kind, why) => write!(to, "is of the kind {kind}, which is not taken: {why}"),
            Unfit::Malformed(kind, what) => write!(to, "is no hash of {kind}: {what}"),
            Unfit::Memory(kib) => {
                write!(to, "needs {kib} KiB of memory; a hash may need {} KiB", MEMORY >> 10)
            }
            Unfit::Work(what, asked, may) => write!(to, "takes too long: {what} is {asked}, and may be {may}"),
        }
    }
}

/// Memory that scrypt needs, in bytes (RFC 7914 §2: N blocks, p blocks, one block).
pub(super) fn memory_of_scrypt(params: &scrypt::Params) -> usize {
    let blocks = params.n() + u64::from(params.p()) + 1;
    usize::try_from(128 * u64::from(params.r()) * blocks).unwrap_or(usize::MAX)
}

/// Whether an isolate can bear what the hash asks for.
///
/// # Errors
/// [`Unfit`]: what it cannot.
pub(super) fn check(import: &Import) -> Result<(), Unfit> {
    match import {
        Import::Bcrypt { cost, .. } if !COSTS.contains(cost) => {
            let may = format!("{} to {}", COSTS.start(), COSTS.end());
            Err(Unfit::Work("bcrypt's cost", (*cost).into(), may))
        }
        Import::Bcrypt { .. } => Ok(()),
        Import::Argon2 { params, salt, key, .. } => {
            let kib = u64::from(params.m_cost());
            if kib > MEMORY >> 10 {
                return Err(Unfit::Memory(kib));
            }
            at_most("Argon2's t", params.t_cost().into(), PASSES.into())?;
            at_most("Argon2's p", params.p_cost().into(), LANES.into())?;
            if salt.len() < argon2::MIN_SALT_LEN {
                return Err(Unfit::Malformed("Argon2", "the salt has less than 8 bytes"));
            }
            check_key("Argon2", key)
        }
        Import::Scrypt { params, salt, key } => {
            let (r, p) = (u64::from(params.r()), u64::from(params.p()));
            // Of factors that fit 32 bits and a power of two, so that nothing overflows that is over anyway.
            let block = 128_u64.saturating_mul(r);
            let main = block.saturating_mul(params.n());
            let beside = block.saturating_mul(p);
            if main > MEMORY || beside > 1 << 20 {
                return Err(Unfit::Memory(main.saturating_add(beside) >> 10));
            }
            let may = format!("at most {SCRYPT_WORK}");
            let work = main.saturating_mul(p);
            if work > SCRYPT_WORK {
                return Err(Unfit::Work("scrypt's 128 · N · r · p", work, may));
            }
            check_salt("scrypt", salt)?;
            check_key("scrypt", key)
        }
        Import::Pbkdf2 { digest, rounds, salt, key } => {
            if *rounds == 0 {
                return Err(Unfit::Malformed("PBKDF2", "it has no rounds"));
            }
            at_most("PBKDF2's rounds", (*rounds).into(), ROUNDS.into())?;
            check_salt("PBKDF2", salt)?;
            check_key("PBKDF2", key)?;
            let block: usize = match digest {
                Digest::Sha1 => 20,
                Digest::Sha224 => 28,
                Digest::Sha256 => 32,
                Digest::Sha384 => 48,
                Digest::Sha512 => 64,
            };
            let blocks = u64::try_from(key.len().div_ceil(block)).unwrap_or(u64::MAX);
            let all = blocks.saturating_mul((*rounds).into());
            at_most("PBKDF2's rounds, times the blocks of the key,", all, ALL_ROUNDS)
        }
    }
}

fn at_most(what: &'static str, asked: u64, most: u64) -> Result<(), Unfit> {
    if asked <= most { Ok(()) } else { Err(Unfit::Work(what, asked, format!("at most {most}"))) }
}

fn check_salt(kind: &'static str, salt: &[u8]) -> Result<(), Unfit> {
    if salt.is_empty() { Err(Unfit::Malformed(kind, "it has no salt")) } else { Ok(()) }
}

fn check_key(kind: &'static str, key: &[u8]) -> Result<(), Unfit> {
    match key.len() {
        length if KEY.contains(&length) => Ok(()),
        length if length < *KEY.start() => Err(Unfit::Malformed(kind, "the key has less than 10 bytes")),
        _ => Err(Unfit::Malformed(kind, "the key has more than 512 bytes")),
    }
}

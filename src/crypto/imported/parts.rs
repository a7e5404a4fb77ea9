//! The parts that several forms of stored hashes share.

use argon2::{Algorithm, Params, Version};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::crypto::imported::bounds::Unfit;
use crate::crypto::imported::import::Import;

/// Argon2 of memory in KiB, passes and lanes.
pub(super) fn argon2_of(
    algorithm: Algorithm,
    versions: Vec<Version>,
    costs: [Option<u32>; 3],
    salt: Vec<u8>,
    key: Vec<u8>,
) -> Read {
    const KIND: &str = "Argon2";
    let [m, t, p] = costs;
    let m = needed(KIND, "m is missing", m)?;
    let t = needed(KIND, "t is missing", t)?;
    let p = needed(KIND, "p is missing", p)?;
    if p > Params::MAX_P_COST {
        return Err(Unfit::Work("Argon2's p", p.into(), "at most 255".into()));
    }
    let params = Params::new(m, t, p, None);
    let params =
        params.map_err(|_| Unfit::Malformed(KIND, "m must be at least 8 · p, t and p at least 1"))?;
    Ok(Import::Argon2 { algorithm, versions, params, salt, key })
}

/// Bytes in base64, in the standard alphabet or passlib's, which has `.` for `+`.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    GeneralPurpose::new(&STANDARD, ANY).decode(text.replace('.', "+")).ok()
}

pub(super) fn needed<T>(kind: &'static str, what: &'static str, value: Option<T>) -> Result<T, Unfit> {
    value.ok_or(Unfit::Malformed(kind, what))
}

/// With or without padding, and whatever the bits are that are left over.
pub(super) const ANY: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);

pub(super) type Read = Result<Import, Unfit>;

//! One Argon2id hash: 19 MiB, two passes, one lane.

use argon2::{Algorithm, Argon2, Params, Version};

/// Hashes a fixed password; answers the first byte, or -1 on a failure.
#[unsafe(no_mangle)]
pub extern "C" fn hash() -> i32 {
    let Ok(params) = Params::new(19_456, 2, 1, None) else { return -1 };
    let mut out = [0; 32];
    match Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
        b"a good enough password",
        b"0123456789abcdef",
        &mut out,
    ) {
        Ok(()) => i32::from(out[0]),
        Err(_) => -1,
    }
}

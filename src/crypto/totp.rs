//! Time-based one-time passwords (RFC 6238): SHA-1, 6 digits, 30 seconds, which every authenticator app
//! speaks.

use base32ct::{Base32UpperUnpadded, Encoding as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use subtle::ConstantTimeEq as _;
use totp_lite::{Sha1, totp_custom};

/// Seconds in which a code is the current one.
pub(crate) const STEP_SECONDS: i64 = 30;

/// Bytes of a shared secret: as long as SHA-1's output (RFC 4226 §4, R6).
pub(crate) const SECRET_BYTES: usize = 20;

/// The code of a time step.
pub fn code(secret: &[u8], step: i64) -> String {
    let seconds = u64::try_from(step.saturating_mul(STEP_SECONDS)).unwrap_or_default();
    totp_custom::<Sha1>(STEP_SECONDS.unsigned_abs(), 6, secret, seconds)
}

/// The time step that a code is of, if that is now, just over or just to come (RFC 6238 §5.2). All three are
/// compared, so that the time does not tell which.
pub fn matching_step(secret: &[u8], sent: &str, unix_seconds: i64) -> Option<i64> {
    let now = unix_seconds.div_euclid(STEP_SECONDS);
    let mut found = None;
    for step in [now.saturating_sub(1), now, now.saturating_add(1)] {
        if bool::from(code(secret, step).as_bytes().ct_eq(sent.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// A shared secret as people type it into an app: base32 without padding.
pub fn base32(secret: &[u8]) -> String {
    Base32UpperUnpadded::encode_string(secret)
}

/// The `otpauth:` address that a QR code holds: whose account, at whom.
pub fn uri(secret: &[u8], issuer: &str, account: &str) -> String {
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (issuer, account) = (escaped(issuer), escaped(account));
    format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP_SECONDS}",
        base32(secret)
    )
}

//! One-time codes that people type: mailed ones of six digits, and backup codes.

use base32ct::{Base32Unpadded, Encoding as _};

use crate::crypto::seal;
use crate::crypto::secret::{base64url, hmac};
use crate::cx::Cx;
use crate::model::text::typed_code;
use crate::ports::Fault;

/// How many backup codes a user has at once.
const BACKUP_CODES: usize = 10;

/// Six digits.
pub(crate) fn digits(cx: &Cx) -> String {
    // 64 bits make the bias of the remainder smaller than 2⁻⁴⁴.
    format!("{:06}", u64::from_be_bytes(cx.random()) % 1_000_000)
}

/// A fresh set of backup codes, 48 bits each, as `abcde-fgh23`.
pub(crate) fn backup_codes(cx: &Cx) -> Vec<String> {
    let one = |_| {
        let text = Base32Unpadded::encode_string(&cx.random::<6>());
        let (head, tail) = text.split_at_checked(5).unwrap_or((&text, ""));
        format!("{head}-{tail}")
    };
    (0..BACKUP_CODES).map(one).collect()
}

/// What is stored of a code: so short a secret is hashed under a key of ours, together with what it is for.
pub(crate) fn hash(cx: &Cx, tenant_id: &str, what_for: &str, code: &str) -> Result<String, Fault> {
    let key = seal::derive(&cx.config.seal_key, tenant_id, "one-time-codes")?;
    Ok(base64url(&hmac(&key, format!("{what_for}/{}", typed_code(code)).as_bytes())))
}

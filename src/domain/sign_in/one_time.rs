//! One-time codes that people type: mailed ones of six digits, and backup codes.

use std::collections::BTreeMap;

use base32ct::{Base32Unpadded, Encoding as _};

use crate::crypto::secret::{base64url, hmac};
use crate::cx::Cx;
use crate::domain::kept_keys;
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

fn message(what_for: &str, code: &str) -> Vec<u8> {
    format!("{what_for}/{}", typed_code(code)).into_bytes()
}

/// What is stored of a code: so short a secret is hashed under a key of ours, together with what it is for.
pub(crate) fn hash(cx: &Cx, tenant_id: &str, what_for: &str, code: &str) -> Result<String, Fault> {
    Ok(base64url(&cx.sealer(tenant_id, kept_keys::KEPT)?.mac(&message(what_for, code))))
}

/// What may be stored of a code that was typed, whichever key its hash is under.
pub(crate) fn hashes(cx: &Cx, tenant_id: &str, what_for: &str, code: &str) -> Result<Vec<String>, Fault> {
    let macs = cx.sealer(tenant_id, kept_keys::KEPT)?.macs(&message(what_for, code));
    Ok(macs.iter().map(|mac| base64url(mac)).collect())
}

/// The same of a backup code, which outlives the deployment's keys: `kept` are the sealed keys of before, by their ids.
pub(crate) fn backup_hashes(
    cx: &Cx,
    tenant_id: &str,
    user_id: &str,
    kept: &BTreeMap<String, String>,
    code: &str,
) -> Result<Vec<String>, Fault> {
    let mut all = hashes(cx, tenant_id, user_id, code)?;
    for (id, sealed) in kept {
        let key = kept_keys::open(cx, tenant_id, id, sealed)?;
        all.push(base64url(&hmac(&key, &message(user_id, code))));
    }
    Ok(all)
}

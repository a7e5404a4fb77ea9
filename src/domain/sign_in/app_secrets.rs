//! The secrets that authenticator apps share with us, sealed at rest with their row bound in.

use zeroize::Zeroizing;

use crate::crypto::seal::Sealer;
use crate::cx::Cx;
use crate::model::text;
use crate::ports::Fault;

/// The purpose that their keys are derived for.
pub(crate) const SEALED_AS: &str = "second-factors";

fn sealer(cx: &Cx, tenant_id: &str) -> Result<Sealer, Fault> {
    cx.sealer(tenant_id, SEALED_AS)
}

/// Of an app that is being enrolled with a challenge.
pub(crate) fn pending(challenge_id: &str) -> String {
    format!("challenges/{challenge_id}/secret")
}

/// Of an app that a user has.
pub(crate) fn of_user(user_id: &str) -> String {
    format!("authenticators/{user_id}/secret")
}

/// Seals a secret for that row.
pub(crate) fn seal(cx: &Cx, tenant_id: &str, row: &str, secret: &[u8]) -> Result<String, Fault> {
    sealer(cx, tenant_id)?.seal(cx.random(), row, secret)
}

/// Opens what was sealed for that row.
pub(crate) fn open(cx: &Cx, tenant_id: &str, row: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    sealer(cx, tenant_id)?.open(row, sealed)
}

/// Characters of an issuer's name in an `otpauth:` address: all of it fits into a QR code, whatever the script.
const LONGEST_NAME: usize = 64;

/// A name as it stands in an `otpauth:` address, where a colon parts the issuer from the account and can be in
/// neither (Key URI format, "Label").
pub(crate) fn name_in_uri(name: &str) -> String {
    let apart: String = text::visible(name).chars().map(|c| if is_colon(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = apart.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_NAME).collect()
}

/// A colon, also one that an app may take for one.
fn is_colon(c: char) -> bool {
    matches!(c, ':' | '\u{ff1a}' | '\u{fe55}' | '\u{fe13}' | '\u{2236}' | '\u{a789}')
}

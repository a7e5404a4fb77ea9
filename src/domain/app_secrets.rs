//! The secrets that authenticator apps share with us, sealed at rest with their row bound in.

use zeroize::Zeroizing;

use crate::crypto::seal;
use crate::cx::Cx;
use crate::ports::Fault;

fn key(cx: &Cx, tenant_id: &str) -> Result<Zeroizing<[u8; 32]>, Fault> {
    seal::derive(&cx.config.seal_key, tenant_id, "second-factors")
}

/// Of an app that is being enrolled with a challenge.
pub(super) fn pending(challenge_id: &str) -> String {
    format!("challenges/{challenge_id}/secret")
}

/// Of an app that a user has.
pub(super) fn of_user(user_id: &str) -> String {
    format!("authenticators/{user_id}/secret")
}

/// Seals a secret for that row.
pub(super) fn seal(cx: &Cx, tenant_id: &str, row: &str, secret: &[u8]) -> Result<String, Fault> {
    seal::seal(&*key(cx, tenant_id)?, cx.random(), row, secret)
}

/// Opens what was sealed for that row.
pub(super) fn open(cx: &Cx, tenant_id: &str, row: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    seal::open(&*key(cx, tenant_id)?, row, sealed)
}

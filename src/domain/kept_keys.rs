//! The keys that backup codes were hashed with before the deployment's key was replaced: codes are not known to us, so
//! their hashes stay under the key that they were made with, which is kept sealed under the key of now.

use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::ports::{Fault, Stmt};
use crate::store::kept_keys;

/// The purpose of what is kept: hashes of codes.
pub(crate) const KEPT: &str = "one-time-codes";

/// The purpose that the keys are derived for which seal them.
pub(crate) const SEALED_AS: &str = "kept-keys";

/// What a kept key is bound to.
pub(crate) fn row(tenant_id: &str, key_id: &str) -> String {
    format!("kept_keys/{tenant_id}/{KEPT}/{key_id}")
}

/// Opens a kept key.
pub(crate) fn open(
    cx: &Cx,
    tenant_id: &str,
    key_id: &str,
    sealed: &str,
) -> Result<Zeroizing<[u8; 32]>, Fault> {
    let plain = cx.sealer(tenant_id, SEALED_AS)?.open(&row(tenant_id, key_id), sealed)?;
    let key = plain.as_slice().try_into().map_err(|_| Fault::new("kept key", "its length"))?;
    Ok(Zeroizing::new(key))
}

/// The statement that keeps a tenant's key of before the rotation that is under way; none where no rotation is.
pub(crate) fn keep_previous(cx: &Cx, tenant_id: &str) -> Result<Option<Stmt>, Fault> {
    let hashing = cx.sealer(tenant_id, KEPT)?;
    let Some((key_id, key)) = hashing.previous() else { return Ok(None) };
    let sealed = cx.sealer(tenant_id, SEALED_AS)?.seal(cx.random(), &row(tenant_id, key_id), key)?;
    Ok(Some(kept_keys::insert(tenant_id, key_id, &sealed)))
}

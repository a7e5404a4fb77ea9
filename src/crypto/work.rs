//! What this isolate computed so far of what takes time: counts that only ever rise, to be compared before and after.

use std::cell::Cell;

/// How often.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    /// Password hashes: about 35 ms each.
    pub(crate) hashes: u32,
    /// Signatures made or verified: up to 1 ms each.
    pub(crate) signatures: u32,
}

thread_local! {
    static DONE: Cell<Done> = const { Cell::new(Done { hashes: 0, signatures: 0 }) };
}

/// What was computed so far.
pub(crate) fn done() -> Done {
    DONE.get()
}

/// Counts a password hash.
pub(super) fn count_hash() {
    let Done { hashes, signatures } = DONE.get();
    DONE.set(Done { hashes: hashes.wrapping_add(1), signatures });
}

/// Counts a signature.
pub(super) fn count_signature() {
    let Done { hashes, signatures } = DONE.get();
    DONE.set(Done { hashes, signatures: signatures.wrapping_add(1) });
}

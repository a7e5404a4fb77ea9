//! The memory that password hashes are computed in: one piece, kept, since an isolate's memory never shrinks.
//!
//! An isolate runs one computation at a time, so one piece serves all. Between two computations the piece is held by
//! an allocation that nobody uses: freed memory would be divided among small values that live longer, and the next
//! hash would make the isolate's memory grow anew, each time by as much.

use std::cell::RefCell;

/// Room for a hash of our own (19 MiB) and for imported ones that need no more.
const SMALL: usize = 20 << 20;

/// Room for the largest hash that is imported: 64 MiB, and what scrypt needs beside.
const LARGE: usize = 67 << 20;

thread_local! {
    static HELD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Computes something that needs about as many bytes, all of which it gives back.
pub(crate) fn within<T>(bytes: usize, compute: impl FnOnce() -> T) -> T {
    let wanted = if bytes + (1 << 20) <= SMALL { SMALL } else { LARGE };
    let held = HELD.take().capacity();
    if held < wanted {
        // So that the piece is as large from the first time on.
        drop(piece(wanted));
    }
    let computed = compute();
    HELD.set(piece(held.max(wanted)));
    computed
}

/// A piece of memory that is not written to; an empty one if there is none, so that `compute` says what then is.
fn piece(bytes: usize) -> Vec<u8> {
    let mut piece = Vec::new();
    match piece.try_reserve_exact(bytes) {
        Ok(()) => piece,
        Err(_) => Vec::new(),
    }
}

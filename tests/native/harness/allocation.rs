//! Counts the bytes that this thread's test holds. What SQLite holds is its own and not counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, counted.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn add(bytes: isize) {
    // A thread that ends has no count any more.
    HELD.try_with(|held| held.set(held.get() + bytes)).unwrap_or_default();
}

#[expect(unsafe_code, reason = "an allocator cannot be counted otherwise")]
// SAFETY: every call is the system allocator's, with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(isize::try_from(layout.size()).unwrap_or_default());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        add(-isize::try_from(layout.size()).unwrap_or_default());
        unsafe { System.dealloc(at, layout) }
    }
}

/// The bytes that were allocated in this thread and not given back.
pub fn allocated() -> isize {
    HELD.with(Cell::get)
}

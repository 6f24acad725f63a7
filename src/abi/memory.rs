//! The memory of the module: what it gives back is overwritten first.
//!
//! Types that hold a secret clear it by themselves. Those that have it for a moment do not: buffers that grow, the
//! request as the HTTP client and TLS write it, the parsers of the configuration. One place behind all of them does.

use std::alloc::{GlobalAlloc, Layout, System};

use crate::error::KEEP_SECRETS;

/// The system's allocator, with memory overwritten before it is freed. Memory that grows or shrinks is a new piece, by
/// the provided `realloc`: the system's own would leave the old one behind as it was.
struct Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

// SAFETY: the system's allocator, which is asked for the same layouts, in the same order
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if !KEEP_SECRETS {
            // SAFETY: the caller gives back a whole piece, of which it holds no reference any more
            unsafe { libc::explicit_bzero(memory.cast(), layout.size()) };
        }
        // SAFETY: the caller keeps the contract of `dealloc`
        unsafe { System.dealloc(memory, layout) }
    }
}

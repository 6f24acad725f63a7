//! The host's memory: buffers that end where the next page can neither be read nor written, and begin behind bytes that
//! must stay as they are.

use std::ptr::null_mut;

const PAGE: usize = 4096;

/// More buffers than one call has.
const SLOTS: usize = 64;

/// Bytes before each buffer that are looked at.
const FENCE: usize = 32;

const FENCE_BYTE: u8 = 0xa5;

/// The largest buffer.
pub(super) const LARGEST: usize = PAGE - FENCE;

/// Pages, every other one of them closed.
pub(super) struct Memory {
    start: *mut u8,
    used: Vec<usize>,
}

impl Memory {
    pub(super) fn new() -> Self {
        let size = 2 * SLOTS * PAGE;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: new pages anywhere; nothing else is changed
        let start = unsafe { libc::mmap(null_mut(), size, protection, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        for slot in 0..SLOTS {
            let guard = start.wrapping_byte_add((2 * slot + 1) * PAGE);
            // SAFETY: a page of the mapping above, which nobody uses
            assert_eq!(unsafe { libc::mprotect(guard, PAGE, libc::PROT_NONE) }, 0);
        }
        Self { start: start.cast(), used: Vec::new() }
    }

    /// Gives all buffers back.
    pub(super) fn clear(&mut self) {
        self.used.clear();
    }

    /// A buffer with this content. One without content begins where nothing can be read.
    pub(super) fn buffer(&mut self, content: &[u8]) -> *mut u8 {
        let slot = self.used.len();
        assert!(slot < SLOTS && content.len() <= LARGEST);
        self.used.push(content.len());
        let place = self.place(slot, content.len());
        let fence = place.wrapping_sub(FENCE);
        // SAFETY: the fence lies in the slot's open page, as content is not longer than LARGEST
        unsafe { fence.write_bytes(FENCE_BYTE, FENCE) };
        // SAFETY: the slot's open page has so many bytes up to its end, and `content` is not in it
        unsafe { place.copy_from_nonoverlapping(content.as_ptr(), content.len()) };
        place
    }

    /// Looks whether something was written before a buffer. What is written behind one ends the process.
    pub(super) fn check(&self, name: &str) {
        for (slot, length) in self.used.iter().enumerate() {
            let fence = self.place(slot, *length).wrapping_sub(FENCE);
            // SAFETY: the fence lies in the slot's open page, and nobody writes to it now
            let fence = unsafe { std::slice::from_raw_parts(fence, FENCE) };
            assert!(fence.iter().all(|byte| *byte == FENCE_BYTE), "{name} wrote before a buffer");
        }
    }

    fn place(&self, slot: usize, length: usize) -> *mut u8 {
        self.start.wrapping_add((2 * slot + 1) * PAGE - length)
    }
}

//! Memory that tells when a module reads or writes past what it was given.
//!
//! Each buffer lies alone between two unreadable pages and ends, or begins, exactly at one of them; what remains of its
//! own pages is filled, and looked at when the buffer is dropped. Input is made unwritable. Under valgrind buffers come
//! from the heap instead, whose bounds valgrind knows to the byte.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::null_mut;

/// What surrounds a buffer on its own pages.
const MARGIN: u8 = 0xc3;

/// What an output buffer is filled with.
pub const UNTOUCHED: u8 = 0xa5;

/// Where a buffer lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Its last byte is the last one before an unreadable page.
    EndsAtGuard,
    /// Its first byte is the first one after an unreadable page.
    BeginsAtGuard,
    /// On the heap, alone and of its exact length.
    Heap,
}

impl Placement {
    /// Those that need no valgrind.
    pub const GUARDED: [Self; 2] = [Self::EndsAtGuard, Self::BeginsAtGuard];

    /// Those to run with: `SIGNPATH_TEST_MEMORY=heap` is for valgrind.
    pub fn chosen() -> Vec<Self> {
        match std::env::var("SIGNPATH_TEST_MEMORY") {
            Ok(chosen) if chosen == "heap" => vec![Self::Heap],
            _ => Self::GUARDED.to_vec(),
        }
    }

    /// Memory that a module may read and not write.
    pub fn input(self, bytes: &[u8]) -> Buffer {
        let buffer = Buffer::new(self, bytes.len(), 0);
        buffer.copy_from(bytes);
        buffer.seal();
        buffer
    }

    /// A value that a module may read and not write.
    pub fn input_of<T: Copy>(self, values: &[T]) -> Buffer {
        let buffer = self.inout_of(values);
        buffer.seal();
        buffer
    }

    /// Memory that a module may write to.
    pub fn output(self, length: usize) -> Buffer {
        Buffer::new(self, length, UNTOUCHED)
    }

    /// Memory for a value that a module may write to.
    pub fn output_of<T>(self, count: usize) -> Buffer {
        self.output(size_of::<T>() * count)
    }

    /// Values that a module may read and change.
    pub fn inout_of<T: Copy>(self, values: &[T]) -> Buffer {
        let buffer = Buffer::new(self, size_of_val(values), 0);
        for (index, value) in values.iter().enumerate() {
            buffer.set(index, *value);
        }
        buffer
    }
}

/// Memory of an exact length.
pub struct Buffer {
    placement: Placement,
    start: *mut u8,
    length: usize,
    pages: *mut u8,
    pages_length: usize,
}

fn page() -> usize {
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap()
}

impl Buffer {
    fn new(placement: Placement, length: usize, fill: u8) -> Self {
        let buffer = match placement {
            Placement::Heap => Self::on_heap(length),
            guarded => Self::between_guards(guarded, length),
        };
        unsafe { buffer.start.write_bytes(fill, length) };
        buffer
    }

    fn on_heap(length: usize) -> Self {
        let start = unsafe { alloc(heap_layout(length)) };
        Self { placement: Placement::Heap, start, length, pages: null_mut(), pages_length: 0 }
    }

    fn between_guards(placement: Placement, length: usize) -> Self {
        let page = page();
        let pages_length = length.next_multiple_of(page).max(page);
        let all = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            libc::mmap(null_mut(), pages_length + 2 * page, libc::PROT_NONE, flags, -1, 0)
        };
        assert_ne!(all, libc::MAP_FAILED);
        let pages = unsafe { all.cast::<u8>().add(page) };
        let start = match placement {
            // of an empty buffer not even the first byte may be looked at
            Placement::BeginsAtGuard if length > 0 => pages,
            _ => unsafe { pages.add(pages_length - length) },
        };
        let buffer = Self { placement, start, length, pages, pages_length };
        buffer.protect(libc::PROT_READ | libc::PROT_WRITE);
        unsafe { pages.write_bytes(MARGIN, pages_length) };
        buffer
    }

    fn protect(&self, protection: i32) {
        if !self.pages.is_null() {
            assert_eq!(unsafe { libc::mprotect(self.pages.cast(), self.pages_length, protection) }, 0);
        }
    }

    /// From now on it is input: a module that writes to it does not survive.
    fn seal(&self) {
        self.protect(libc::PROT_READ);
    }

    fn copy_from(&self, bytes: &[u8]) {
        assert!(bytes.len() <= self.length);
        unsafe { self.start.copy_from(bytes.as_ptr(), bytes.len()) };
    }

    /// For a module, which knows the length from elsewhere.
    pub fn pointer<T>(&self) -> *mut T {
        self.start.cast()
    }

    pub fn len(&self) -> usize {
        self.length
    }

    /// What is in it now.
    pub fn bytes(&self) -> Vec<u8> {
        unsafe { std::slice::from_raw_parts(self.start, self.length) }.to_vec()
    }

    /// What is in it now, up to a length and from there on.
    pub fn split(&self, length: usize) -> (Vec<u8>, Vec<u8>) {
        let mut bytes = self.bytes();
        let rest = bytes.split_off(length);
        (bytes, rest)
    }

    /// The value at a place, counted in values.
    pub fn get<T: Copy>(&self, index: usize) -> T {
        assert!(size_of::<T>() * (index + 1) <= self.length);
        unsafe { self.start.cast::<T>().add(index).read_unaligned() }
    }

    /// Puts a value at a place, counted in values.
    pub fn set<T: Copy>(&self, index: usize, value: T) {
        assert!(size_of::<T>() * (index + 1) <= self.length);
        unsafe { self.start.cast::<T>().add(index).write_unaligned(value) };
    }

    /// Whether an output buffer is as it was.
    pub fn is_untouched(&self) -> bool {
        self.bytes().iter().all(|byte| *byte == UNTOUCHED)
    }

    fn has_its_margin(&self) -> bool {
        if self.pages.is_null() {
            return true;
        }
        let pages = unsafe { std::slice::from_raw_parts(self.pages, self.pages_length) };
        let before = self.start.addr() - self.pages.addr();
        let outside = pages.iter().take(before).chain(pages.iter().skip(before + self.length));
        outside.copied().all(|byte| byte == MARGIN)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let intact = self.has_its_margin();
        if self.placement == Placement::Heap {
            unsafe { dealloc(self.start, heap_layout(self.length)) };
        } else {
            let page = page();
            unsafe { libc::munmap(self.pages.sub(page).cast(), self.pages_length + 2 * page) };
        }
        assert!(intact || std::thread::panicking(), "something was written beside a buffer");
    }
}

/// Aligned as C's malloc aligns; one byte at least.
fn heap_layout(length: usize) -> Layout {
    Layout::from_size_align(length.max(1), 16).unwrap()
}

#[test]
fn a_buffer_lies_at_its_guard() {
    let page = page();
    let at_end = Placement::EndsAtGuard.output(100);
    let at_start = Placement::BeginsAtGuard.output(100);

    assert_eq!((at_end.start.addr() + 100) % page, 0);
    assert_eq!(at_start.start.addr() % page, 0);
    assert!(at_end.is_untouched() && at_start.is_untouched());
    assert_eq!(Placement::BeginsAtGuard.input(b"input").bytes(), b"input");
}

#[test]
fn what_is_written_beside_a_buffer_is_seen() {
    let buffer = Placement::EndsAtGuard.output(100);
    unsafe { buffer.start.sub(1).write(0) };
    assert!(!buffer.has_its_margin());
    unsafe { buffer.start.sub(1).write(MARGIN) };
}

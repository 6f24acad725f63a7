//! What a person sees: the standard error of this process, taken while something happens.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::AsRawFd;

use super::troubleshooting;

/// Runs something and returns with its result what was written to standard error meanwhile, each message of the module
/// explained by the documents. The test must have its process for itself.
pub fn watching<T>(work: impl FnOnce() -> T) -> (T, String) {
    let mut file: File = tempfile::tempfile().unwrap();
    let before = unsafe { libc::dup(libc::STDERR_FILENO) };
    unsafe { libc::dup2(file.as_raw_fd(), libc::STDERR_FILENO) };
    let result = work();
    unsafe { libc::dup2(before, libc::STDERR_FILENO) };
    unsafe { libc::close(before) };
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    troubleshooting::explains(&text);
    (result, text)
}

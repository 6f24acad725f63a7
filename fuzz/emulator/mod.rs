//! What the emulator reads from its clients. Built with the feature `fuzzing`, the program is the fuzzer of these
//! targets. Like the program itself, they use none of the module's code.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a target says by a panic what is wrong")]

mod artifacts;
#[path = "../entry.rs"]
mod entry;
mod requests;

use entry::Target;

const TARGETS: [Target; 4] = [
    ("archive", artifacts::archive),
    ("artifact-configuration", artifacts::configuration),
    ("control", requests::control),
    ("request", requests::api),
];

libfuzzer_sys::fuzz_target!(|input: &[u8]| entry::run(&[&TARGETS], input));

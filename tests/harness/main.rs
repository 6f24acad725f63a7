//! The module against the standard, and against SoftHSM.
//!
//! One script of calls runs against both with the same keys, and every difference is listed with the section that
//! decides it. Every function is misused in every way that its arguments allow. Every attribute is asked for in every
//! way that there is. All of it in memory that tells of the first byte written or read past a buffer.
//!
//! What is counted stands in `docs/conformance.md`, which these tests check and write.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on must fail, helpers included"
)]
#![allow(unsafe_code, reason = "a host of a PKCS#11 module calls C functions")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "a test is the host; the module's promises are under test"
)]
#![allow(clippy::multiple_unsafe_ops_per_block, reason = "a test is the host")]
#![allow(unreachable_pub, reason = "the parts of a test program share what they have")]
#![allow(clippy::print_stderr, reason = "what a test prints is shown where it fails")]

#[path = "../support/mod.rs"]
mod support;

mod attributes;
mod comparison;
mod crash;
mod document;
mod memory;
mod misuse;
mod modules;
mod templates;

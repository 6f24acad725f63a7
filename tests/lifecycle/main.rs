//! The module over the life of its host: loaded and unloaded, initialised and finalised, forked in every state, used by
//! many threads for long, and at the host's very end.
//!
//! What a single call does, and the simpler cases of threads and forks, are the business of `tests/module`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail, helpers included"
)]
#![allow(unsafe_code, reason = "a host of a PKCS#11 module calls C functions")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "a test is the host; the module's promises are under test"
)]
#![allow(clippy::multiple_unsafe_ops_per_block, reason = "a test is the host")]
#![allow(unreachable_pub, reason = "the parts of a test program share what they have")]
#![allow(clippy::print_stderr, reason = "figures are for people")]

#[path = "../support/mod.rs"]
mod support;

mod beginning;
mod cycles;
mod ending;
mod forks;
mod initialising;
mod panics;
mod resources;
mod signing;
mod soak;
mod under_way;
mod watchdog;

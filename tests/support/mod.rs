//! What the tests of the built files share: the artefacts, an emulator, a process of one's own, PKCS#11 from the
//! host's side.

#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part")]
#![allow(unsafe_code, reason = "a host of a PKCS#11 module calls C functions")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "a test is the host; the module's promises are under test"
)]
#![allow(clippy::multiple_unsafe_ops_per_block, reason = "a test is the host")]
#![allow(clippy::print_stdout, reason = "what a test prints is shown where it fails")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail, helpers included"
)]

pub mod artifacts;
pub mod bench;
pub mod c_program;
pub mod children;
pub mod console;
pub mod crates;
pub mod emulator;
pub mod functions;
pub mod images;
pub mod isolation;
pub mod limits;
pub mod pkcs11;
pub mod portable_executable;
pub mod ports;
pub mod programs;
pub mod proxy;
pub mod relay;
pub mod softhsm;
pub mod stacks;
pub mod timestamp_authority;
pub mod tools;
pub mod troubleshooting;
pub mod verification;

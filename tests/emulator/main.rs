//! The emulator as its clients meet it: the built program, on a port of its own, over sockets.
//!
//! Each test is a sentence about behaviour. Requests are sent by a client of this folder (`support::http`), written
//! without hyper, so that both sides cannot be wrong in the same way; signatures are verified with the openssl command.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail, helpers included"
)]

mod access;
mod approval;
mod artifact_configurations;
mod benchmark;
mod command_line;
mod control;
mod fast_signing;
mod faults;
mod hardware;
mod hostile;
mod my_signing_policies;
mod robustness;
mod seed;
mod sign_hash;
mod signatures;
mod signing_requests;
mod support;
mod wrong_artifacts;

//! The module as its hosts meet it: the built shared library, loaded into a process of its own, against an emulator
//! of its own.
//!
//! Each test is a sentence about behaviour. What the service was asked is read from the emulator, what people are
//! told from the process's own standard error and log file.

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

#[path = "../support/mod.rs"]
mod support;

mod configuration;
mod digesting;
mod failures;
mod interfaces;
mod listing;
mod login;
mod mutual_tls;
mod objects;
mod processes;
mod proxies;
mod requests;
mod set_user_id;
mod settings;
mod signing;
mod tls;
mod token;
mod verifying;

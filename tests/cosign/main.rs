//! Stock cosign, both versions, with keys held in SignPath: every command that uses a key, both formats, every way to
//! give credentials, the number of requests that it takes, time stamps, and signatures in a repository of their own.
//!
//! No variable of cosign's own is set in any of it, unless a test is about that variable.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on must fail, helpers included"
)]

#[path = "../support/mod.rs"]
mod support;

mod bench;
mod commands;
mod credentials;
mod repository;
mod requests;
mod timestamps;

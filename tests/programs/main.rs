//! Programs that speak PKCS#11, with keys held in SignPath: each file is a row of docs/programs.md and is named like it.
//!
//! The programs are those that packages, Maven Central, PyPI and the Go proxy deliver. What they sign is verified by
//! another program, mostly openssl, which sees neither module nor emulator.

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

mod signatures;

mod crypto11;
mod cryptoki;
mod gnupg;
mod jarsigner;
mod jsign;
mod miekg_pkcs11;
mod pykcs11;
mod python_pkcs11;
mod ssh;

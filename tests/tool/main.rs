//! `signpath-tool` with real registries, beside both versions of cosign: what one makes, the others read.
//!
//! Signatures come from openssl and the fixtures' private keys here, as SignPath would make them from the same files.

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

mod access;
mod attach;
mod bench;
mod command_line;
mod desk;
mod doctor;
mod explain;
mod faults;
mod gate;
mod generate;
mod help;
mod keys;
mod refusals;
mod registries;
mod service;
mod sign_hash;
mod sign_image;
mod steps;
mod untrusted;
mod uri;
mod verify;
mod waiting;
mod writers;

//! What the documents say is true: links lead somewhere, tables are those of the code, whatever is named exists, code
//! can be read, and commands are run as they stand there.

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

mod code;
mod commands;
mod links;
mod markdown;
mod mechanisms;
mod named_tests;
mod packages;
mod programs;
mod running;
mod settings;

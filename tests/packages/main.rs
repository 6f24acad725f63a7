//! The packages: what is in them, and what they do in bare roots of the releases that they are for. It takes root, for
//! chroot; nothing of this machine is changed.
//!
//! [`package`] finds them and looks into them, [`root`] is a release in which nothing else was installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail, helpers included"
)]
#![allow(unreachable_pub, reason = "the parts of a test program share what they have")]

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod contents;
mod files;
mod p11_kit;
mod package;
mod releases;
mod removal;
mod root;
mod signing;

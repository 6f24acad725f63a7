//! The pipelines of docs/pipelines: their shell parts are taken out of the documents and run with bash or sh as the
//! build systems do, with real cosign, the built module and tool, an emulator and a registry that wants a password.
//!
//! What a build system itself does is not here: its variables are set, its own steps and the steps that want the
//! internet are left out (`left_out.rs` names each with the reason).

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

mod azure_pipelines;
mod checks;
mod docker;
mod emulator;
mod github_actions;
mod gitlab_ci;
mod jenkins;
mod left_out;
mod page;
mod secrets;
mod signing;
mod step;
mod surroundings;
mod teamcity;
mod workplace;

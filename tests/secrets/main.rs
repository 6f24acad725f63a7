//! The API token leaves the process in the header of a request, and in no other way; and it leaves the module's memory.
//!
//! What is searched for is in [`secret`], the program whose memory is searched in [`host`], where else is searched in
//! [`places`]. That the search finds what is there is shown with a module that neither masks nor clears: `make secrets`
//! builds it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on must fail, helpers included"
)]
#![allow(clippy::print_stdout, reason = "figures are for people")]
#![allow(dead_code, unreachable_pub, reason = "the table of faults has more than is needed here")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../faults/certificates.rs"]
mod certificates;
#[path = "../faults/row.rs"]
mod row;
#[path = "../faults/scene.rs"]
mod scene;
#[path = "../faults/table.rs"]
mod table;

mod faults;
mod files;
mod host;
mod memory;
mod places;
mod secret;
mod words;

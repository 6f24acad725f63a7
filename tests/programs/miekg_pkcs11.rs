//! Go's miekg/pkcs11, the C functions one by one: sign and verify in many sessions of many goroutines.

use crate::signatures::{printed, signs_every_kind, signs_in_many_goroutines};
use crate::support::bench::Bench;
use crate::support::tools::tool;

/// Signs with every kind of key in this many goroutines for each, and lets the token verify.
fn signs(bench: &Bench, goroutines: usize) -> String {
    printed(bench, bench.command_at(tool("go-clients")).arg("miekg"), &[&goroutines.to_string()])
}

#[test]
fn signs_and_verifies_pkcs1_pss_and_ecdsa() {
    signs_every_kind(|bench| signs(bench, 1));
}

#[test]
fn signs_in_many_goroutines_each_with_a_session_of_its_own() {
    signs_in_many_goroutines(signs);
}

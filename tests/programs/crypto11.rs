//! Go's crypto11, which cosign uses, too: key pairs found by label, crypto.Signer of many goroutines.

use crate::signatures::{printed, signs_every_kind, signs_in_many_goroutines};
use crate::support::bench::Bench;
use crate::support::tools::tool;

/// Signs with every kind of key in this many goroutines for each.
fn signs(bench: &Bench, goroutines: usize) -> String {
    printed(bench, bench.command_at(tool("go-clients")).arg("crypto11"), &[&goroutines.to_string()])
}

#[test]
fn finds_key_pairs_and_signs_pkcs1_pss_and_ecdsa() {
    signs_every_kind(|bench| signs(bench, 1));
}

#[test]
fn signs_in_many_goroutines_at_once() {
    signs_in_many_goroutines(signs);
}

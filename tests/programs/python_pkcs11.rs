//! python-pkcs11, from PyPI: list, sign, verify.

use crate::signatures::{printed, signs_every_kind};
use crate::support::artifacts;
use crate::support::bench::Bench;
use crate::support::tools::tool;

/// Signs with every kind of key, and lets the token verify.
fn signs(bench: &Bench) -> String {
    let program = artifacts::package().join("tests/programs/python/with_python_pkcs11.py");
    printed(bench, bench.command_at(tool("python-pkcs11")).arg(program), &[])
}

#[test]
fn lists_signs_and_verifies_pkcs1_pss_and_ecdsa() {
    signs_every_kind(signs);
}

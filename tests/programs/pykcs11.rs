//! PyKCS11, the C functions one by one, as Debian packages it: list, sign, verify.

use std::path::Path;

use crate::signatures::{printed, signs_every_kind};
use crate::support::artifacts;
use crate::support::bench::Bench;

/// The Python that Debian's packages are for; PATH may lead to another one first.
const PYTHON: &str = "/usr/bin/python3";
const PACKAGE: &str = "/usr/lib/python3/dist-packages/PyKCS11";

/// Signs with every kind of key, and lets the token verify.
fn signs(bench: &Bench) -> String {
    assert!(Path::new(PACKAGE).exists(), "PyKCS11 is missing; install it: apt-get install python3-pykcs11");
    let program = artifacts::package().join("tests/programs/python/with_pykcs11.py");
    printed(bench, bench.command_at(PYTHON).arg(program), &[])
}

#[test]
fn lists_signs_and_verifies_pkcs1_pss_and_ecdsa() {
    signs_every_kind(signs);
}

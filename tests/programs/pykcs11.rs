//! PyKCS11, the C functions one by one, as Debian packages it: list, sign, verify.

use std::path::Path;

use crate::signatures::{DATA, EVERY_KIND, check};
use crate::support::artifacts;
use crate::support::bench::{Bench, module, succeeds, with_each_credentials};

/// The Python that Debian's packages are for; PATH may lead to another one first.
const PYTHON: &str = "/usr/bin/python3";
const PACKAGE: &str = "/usr/lib/python3/dist-packages/PyKCS11";

/// Signs with every kind of key, and lets the token verify.
fn signs(bench: &Bench) -> String {
    assert!(Path::new(PACKAGE).exists(), "PyKCS11 is missing; install it: apt-get install python3-pykcs11");
    let mut client = bench.command_at(PYTHON);
    client.arg(artifacts::package().join("tests/programs/python/with_pykcs11.py")).args([&module(), DATA]);
    succeeds(client.envs(bench.pin().map(|pin| ("PIN", pin))))
}

#[test]
fn lists_signs_and_verifies_pkcs1_pss_and_ecdsa() {
    with_each_credentials(|bench| {
        check(&signs(bench), &EVERY_KIND, 1);

        assert_eq!(bench.signers(), [bench.user(); EVERY_KIND.len()]);
    });
}

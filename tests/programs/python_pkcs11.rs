//! python-pkcs11, from PyPI: list, sign, verify.

use crate::signatures::{DATA, EVERY_KIND, check};
use crate::support::artifacts;
use crate::support::bench::{Bench, module, succeeds, with_each_credentials};
use crate::support::tools::tool;

/// Signs with every kind of key, and lets the token verify.
fn signs(bench: &Bench) -> String {
    let mut client = bench.command_at(tool("python-pkcs11"));
    client
        .arg(artifacts::package().join("tests/programs/python/with_python_pkcs11.py"))
        .args([&module(), DATA]);
    succeeds(client.envs(bench.pin().map(|pin| ("PIN", pin))))
}

#[test]
fn lists_signs_and_verifies_pkcs1_pss_and_ecdsa() {
    with_each_credentials(|bench| {
        check(&signs(bench), &EVERY_KIND, 1);

        assert_eq!(bench.signers(), [bench.user(); EVERY_KIND.len()]);
    });
}

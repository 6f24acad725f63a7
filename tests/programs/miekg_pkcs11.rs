//! Go's miekg/pkcs11, the C functions one by one: sign and verify in many sessions of many goroutines.

use crate::signatures::{DATA, EVERY_KIND, check};
use crate::support::bench::{Bench, Credentials, module, succeeds};
use crate::support::tools::tool;

/// Signs with every kind of key in this many goroutines for each, and lets the token verify.
fn signs(bench: &Bench, goroutines: usize) -> String {
    let mut client = bench.command_at(tool("go-clients"));
    client.args(["miekg", &module(), DATA, &goroutines.to_string()]);
    succeeds(client.envs(bench.pin().map(|pin| ("PIN", pin))))
}

#[test]
fn signs_and_verifies_pkcs1_pss_and_ecdsa() {
    for credentials in Credentials::BOTH {
        let bench = Bench::new(credentials);
        check(&signs(&bench, 1), &EVERY_KIND, 1);

        assert_eq!(bench.signers(), [bench.user(); EVERY_KIND.len()], "{credentials:?}");
    }
}

#[test]
fn signs_in_many_goroutines_each_with_a_session_of_its_own() {
    let bench = Bench::new(Credentials::Configured);
    check(&signs(&bench, 12), &EVERY_KIND, 12);

    assert_eq!(bench.emulator.audit().len(), 12 * EVERY_KIND.len());
}

//! Go's crypto11, which cosign uses, too: key pairs found by label, crypto.Signer of many goroutines.

use crate::signatures::{DATA, EVERY_KIND, check};
use crate::support::bench::{Bench, Credentials, module, succeeds};
use crate::support::tools::tool;

/// Signs with every kind of key in this many goroutines for each.
fn signs(bench: &Bench, goroutines: usize) -> String {
    let mut client = bench.command_at(tool("go-clients"));
    client.args(["crypto11", &module(), DATA, &goroutines.to_string()]);
    succeeds(client.envs(bench.pin().map(|pin| ("PIN", pin))))
}

#[test]
fn finds_key_pairs_and_signs_pkcs1_pss_and_ecdsa() {
    for credentials in Credentials::BOTH {
        let bench = Bench::new(credentials);
        check(&signs(&bench, 1), &EVERY_KIND, 1);

        assert_eq!(bench.signers(), [bench.user(); EVERY_KIND.len()], "{credentials:?}");
    }
}

#[test]
fn signs_in_many_goroutines_at_once() {
    let bench = Bench::new(Credentials::Configured);
    check(&signs(&bench, 12), &EVERY_KIND, 12);

    assert_eq!(bench.emulator.audit().len(), 12 * EVERY_KIND.len());
}

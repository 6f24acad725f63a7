//! What our own small client programs print: a line for each key, and a line for each signature.
//!
//! `key LABEL`, and `SCHEME HASH LABEL HEX`, where the scheme is `pkcs1`, `pss` or `ecdsa` (`r ‖ s`). The programs sign
//! [`DATA`]; here openssl verifies what came out.

use std::process::Command;

use crate::support::bench::{Bench, Credentials, LABELS, module, succeeds, with_each_credentials};
use crate::support::verification;

/// What is signed.
pub(crate) const DATA: &str = "what is signed";

/// One signature of each scheme with each hash, on keys of every size, as the client programs make them.
const EVERY_KIND: [&str; 9] = [
    "ecdsa sha256 container-images/p-256",
    "ecdsa sha384 container-images/p-384",
    "ecdsa sha512 container-images/p-521",
    "pkcs1 sha256 container-images/rsa-2048",
    "pkcs1 sha384 container-images/rsa-3072",
    "pkcs1 sha512 container-images/rsa-4096",
    "pss sha256 container-images/rsa-2048",
    "pss sha384 container-images/rsa-3072",
    "pss sha512 container-images/rsa-4096",
];

/// Runs a client program on the module, which gets the PIN where there is one; what it printed.
pub(crate) fn printed(bench: &Bench, client: &mut Command, arguments: &[&str]) -> String {
    succeeds(client.args([&module(), DATA]).args(arguments).envs(bench.pin().map(|pin| ("PIN", pin))))
}

/// Fails unless a client program signs with every kind of key, with configured credentials and with a PIN.
pub(crate) fn signs_every_kind(client: impl Fn(&Bench) -> String) {
    with_each_credentials(|bench| {
        check(&client(bench), 1);

        assert_eq!(bench.signers(), [bench.user(); EVERY_KIND.len()]);
    });
}

/// Fails unless a client program makes each kind of signature in as many goroutines as it is told.
pub(crate) fn signs_in_many_goroutines(client: impl Fn(&Bench, usize) -> String) {
    let (bench, goroutines) = (Bench::new(Credentials::Configured), 12);
    check(&client(&bench, goroutines), goroutines);

    assert_eq!(bench.emulator.audit().len(), goroutines * EVERY_KIND.len());
}

/// Fails unless a client program listed every key, in the module's order, and made each kind of signature this many
/// times, all of them valid.
pub(crate) fn check(printed: &str, times: usize) {
    let labels: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("key ")).collect();
    assert_eq!(labels, LABELS, "{printed}");
    let signatures = printed.lines().filter(|line| !line.starts_with("key "));
    let mut made: Vec<&str> = signatures.map(verified).collect();
    made.sort_unstable();
    let mut expected: Vec<&str> =
        EVERY_KIND.iter().flat_map(|kind| std::iter::repeat_n(*kind, times)).collect();
    expected.sort_unstable();
    assert_eq!(made, expected);
}

/// Verifies the signature of a line; tells its kind.
fn verified(line: &str) -> &str {
    let (kind, signature) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no signature in {line:?}"));
    let [scheme, hash, label] = kind.split(' ').collect::<Vec<_>>()[..] else {
        panic!("no kind of signature in {line:?}")
    };
    let key = label.split_once('/').expect("project and policy").1;
    let digest = verification::digest(hash, DATA.as_bytes());
    verification::verify(key, scheme, hash, &digest, &bytes(signature));
    kind
}

fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

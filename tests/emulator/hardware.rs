//! `--hsm`: the same keys in SoftHSM make the same signatures.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::openssl::{ieee_to_asn1, verifies};
use crate::support::{
    Emulator, command, ecdsa_request, fixture, folder, from_base64, hash, refusal, rsa_request,
};

/// A fresh SoftHSM token with the test keys; the file for SOFTHSM2_CONF.
fn token(name: &str) -> String {
    let script = fixture("make-softhsm-token.sh");
    let output = Command::new(&script).arg(folder(name)).output().unwrap();
    // The script says itself which tool is missing and how to install it.
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let line = String::from_utf8(output.stdout).unwrap();
    line.trim_end().strip_prefix("export SOFTHSM2_CONF=").unwrap().to_owned()
}

fn module() -> &'static str {
    let candidates = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"];
    let found = candidates.into_iter().find(|path| Path::new(path).exists());
    found.expect("libsofthsm2.so is missing; install it with: sudo apt-get install softhsm2")
}

fn start(name: &str) -> Emulator {
    Emulator::start_with(command().args(["--hsm", module()]).env("SOFTHSM2_CONF", token(name)))
}

fn signature(emulator: &Emulator, body: &serde_json::Value) -> Vec<u8> {
    from_base64(&emulator.sign_hash(body).expect(200)["hashSigningResult"]["signature"])
}

#[test]
fn pkcs1_signatures_of_the_token_are_those_made_in_process() {
    let (hardware, software) = (start("token-pkcs1"), Emulator::start(&[]));
    for key in ["rsa-2048", "rsa-3072", "rsa-4096"] {
        for (algorithm, length) in [("Sha1", 20), ("Sha256", 32), ("Sha384", 48), ("Sha512", 64)] {
            let body = rsa_request(key, &hash(length), algorithm);
            assert_eq!(signature(&hardware, &body), signature(&software, &body), "{key} {algorithm}");
        }
    }
}

#[test]
fn pss_and_ecdsa_signatures_of_the_token_verify() {
    let emulator = start("token-others");
    let mut body = rsa_request("rsa-2048", &hash(48), "Sha384");
    body["hashSigningData"]["rsaOptions"]["paddingMode"] = json!("Pss");
    let options = ["rsa_padding_mode:pss", "digest:sha384", "rsa_mgf1_md:sha384", "rsa_pss_saltlen:48"];
    assert!(verifies("hsm-pss", "rsa-2048", &hash(48), &signature(&emulator, &body), &options));
    for key in ["p-256", "p-384", "p-521"] {
        for length in [20, 32, 64] {
            let signature = signature(&emulator, &ecdsa_request(key, &hash(length)));
            assert!(
                verifies("hsm-ecdsa", key, &hash(length), &ieee_to_asn1(&signature), &[]),
                "{key} {length}"
            );
        }
    }
}

#[test]
fn a_token_serves_many_clients_at_once() {
    let emulator = start("token-many");
    let body = rsa_request("rsa-2048", &hash(32), "Sha256");
    let expected = signature(&emulator, &body);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(signature(&emulator, &body), expected));
        }
    });
}

#[test]
fn a_token_that_is_not_there_is_named_with_the_remedy() {
    let message = refusal(&["--hsm", module(), "--hsm-token", "nobody's"]);
    assert!(message.contains("the PKCS#11 module has no token labelled 'nobody's'"), "{message}");
    assert!(message.contains("softhsm-fixtures/make-softhsm-token.sh"), "{message}");
}

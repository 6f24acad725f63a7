//! Through module, emulator and SoftHSM comes the signature that SoftHSM makes when it is asked itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail, helpers included"
)]
#![allow(unsafe_code, reason = "a host of a PKCS#11 module calls C functions")]

#[path = "support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Command;

use support::artifacts;
use support::bench::{RSA_KEYS, hex};
use support::emulator::Emulator;
use support::softhsm::SoftHsm;

const DATA: &[u8] = b"what is signed twice";

/// Signs with pkcs11-tool; the id is a key's name in SoftHSM, a policy's in SignPath.
fn sign(
    module: &Path,
    arguments: &[&str],
    id: &str,
    mechanism: &str,
    variables: &[(&str, String)],
    folder: &Path,
) -> Vec<u8> {
    let (data, signature) = (folder.join("data"), folder.join("signature"));
    std::fs::write(&data, DATA).unwrap();
    let output = Command::new(artifacts::program("pkcs11-tool", "opensc"))
        .arg("--module")
        .arg(module)
        .args(["--sign", "--mechanism", mechanism, "--id", &hex(id.as_bytes()), "--input-file"])
        .arg(&data)
        .arg("--output-file")
        .arg(&signature)
        .args(arguments)
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (*name, value.as_str())))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(signature).unwrap()
}

#[test]
fn rsa_pkcs1_signatures_are_byte_for_byte_those_of_the_hsm_behind_signpath() {
    let token = SoftHsm::new();
    let configuration = vec![token.variable()];
    // the emulator inherits the configuration of its SoftHSM
    let module = SoftHsm::module();
    let emulator = Emulator::with_variables(
        &["--hsm", module.to_str().unwrap(), "--hsm-token", "signpath-fixtures", "--hsm-pin", "1234"],
        &configuration,
    );
    for name in RSA_KEYS {
        for mechanism in ["SHA256-RSA-PKCS", "SHA384-RSA-PKCS", "SHA512-RSA-PKCS"] {
            let pin = ["--token-label", "signpath-fixtures", "--login", "--pin", "1234"];
            let direct = sign(&SoftHsm::module(), &pin, name, mechanism, &configuration, token.folder.path());
            let policy = format!("container-images/{name}");
            let through = sign(
                &artifacts::module(),
                &[],
                &policy,
                mechanism,
                &emulator.variables(),
                token.folder.path(),
            );
            assert_eq!(through, direct, "{name} {mechanism}");
        }
    }
    assert_eq!(emulator.audit().len(), 9);
}

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

use std::path::{Path, PathBuf};
use std::process::Command;

use support::artifacts;
use support::emulator::Emulator;

const DATA: &[u8] = b"what is signed twice";

/// A SoftHSM token with the fixtures' keys.
struct Token {
    folder: tempfile::TempDir,
    configuration: String,
}

impl Token {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output =
            Command::new(artifacts::fixture("make-softhsm-token.sh")).arg(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("export SOFTHSM2_CONF="))
            .expect("its configuration");
        Self { configuration: line.trim_matches('\'').to_owned(), folder }
    }
}

fn softhsm() -> PathBuf {
    let path = PathBuf::from("/usr/lib/softhsm/libsofthsm2.so");
    assert!(path.exists(), "SoftHSM is missing; install it: apt-get install softhsm2");
    path
}

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
    let id: String = id.bytes().map(|byte| format!("{byte:02x}")).collect();
    let output = Command::new(artifacts::program("pkcs11-tool", "opensc"))
        .arg("--module")
        .arg(module)
        .args(["--sign", "--mechanism", mechanism, "--id", &id, "--input-file"])
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
    let token = Token::new();
    let configuration = vec![("SOFTHSM2_CONF", token.configuration.clone())];
    // the emulator inherits the configuration of its SoftHSM
    let module = softhsm();
    let emulator = Emulator::with_variables(
        &["--hsm", module.to_str().unwrap(), "--hsm-token", "signpath-fixtures", "--hsm-pin", "1234"],
        &configuration,
    );
    for name in ["rsa-2048", "rsa-3072", "rsa-4096"] {
        for mechanism in ["SHA256-RSA-PKCS", "SHA384-RSA-PKCS", "SHA512-RSA-PKCS"] {
            let pin = ["--token-label", "signpath-fixtures", "--login", "--pin", "1234"];
            let direct = sign(&softhsm(), &pin, name, mechanism, &configuration, token.folder.path());
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

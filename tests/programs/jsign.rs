//! jsign, which signs programs for Windows by its key store type PKCS11. osslsigncode verifies, with the fixtures'
//! authority.

use crate::support::artifacts;
use crate::support::bench::{Bench, Credentials, LIST, SIGN, fixture, label, module, succeeds};
use crate::support::portable_executable::portable_executable;
use crate::support::tools::tool;

/// Keys, each with an algorithm of digests in jsign's words and in osslsigncode's.
const SIGNATURES: [(&str, &str, &str); 6] = [
    ("rsa-2048", "SHA-512", "SHA512"),
    ("rsa-3072", "SHA-256", "SHA256"),
    ("rsa-4096", "SHA-384", "SHA384"),
    ("p-256", "SHA-256", "SHA256"),
    ("p-384", "SHA-384", "SHA384"),
    ("p-521", "SHA-512", "SHA512"),
];

/// Signs `program.exe`, which is made anew.
fn sign(bench: &Bench, key: &str, algorithm: &str) {
    let program = bench.write("program.exe", portable_executable());
    let configuration = bench.write("pkcs11.cfg", format!("name=SignPath\nlibrary={}\nslot=1\n", module()));
    let mut jsign = bench.command_at(tool("jsign"));
    jsign.args(["--storetype", "PKCS11", "--keystore"]).arg(configuration);
    if let Some(pin) = bench.pin() {
        jsign.env("PIN", pin).args(["--storepass", "env:PIN"]);
    }
    succeeds(jsign.args(["--alg", algorithm, "--alias", &label(key)]).arg(program));
}

/// Fails unless `program.exe` has one valid signature, with this digest and of this key.
fn verify(bench: &Bench, key: &str, digest: &str) {
    let mut osslsigncode = bench.plain(artifacts::program("osslsigncode", "osslsigncode"));
    osslsigncode.args(["verify", "-CAfile", &fixture("certificates/ca.pem"), "-in", "program.exe"]);
    let text = succeeds(&mut osslsigncode);
    assert_eq!(values(&text, "Number of verified signatures: "), ["1"], "{text}");
    assert_eq!(values(&text, "Message digest algorithm  : "), [digest], "{text}");
    assert_eq!(values(&text, "Signature verification: "), ["ok"], "{text}");
    let subject = format!("/O=signpath-pkcs11/OU=public and worthless test key/CN={key}");
    assert_eq!(values(&text, "Subject: ").first(), Some(&subject.as_str()), "{text}");
}

fn values<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.trim().strip_prefix(name)).collect()
}

#[test]
fn jsign_signs_a_program_for_windows_with_rsa_and_ec_keys() {
    let bench = Bench::with_authority(Credentials::Configured);
    for (key, algorithm, digest) in SIGNATURES {
        sign(&bench, key, algorithm);
        bench.expect_requests(&[LIST, SIGN]);
        verify(&bench, key, digest);
    }
}

#[test]
fn jsign_signs_with_a_pin() {
    let bench = Bench::with_authority(Credentials::Pin);
    for key in ["rsa-2048", "p-256"] {
        sign(&bench, key, "SHA-256");
        verify(&bench, key, "SHA256");
    }

    assert_eq!(bench.signers(), [bench.user(), bench.user()]);
}

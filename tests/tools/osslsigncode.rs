//! osslsigncode: Authenticode signatures of a program for Windows, by libp11's engine.

use std::process::Command;

use crate::openssl_conf::require_engine;
use crate::support::artifacts;
use crate::support::bench::{
    Bench, Credentials, EC_KEYS, LIST, RSA_KEYS, SIGN, fails, fixture, module, succeeds, uri,
};
use crate::support::portable_executable::portable_executable;

/// Where the certificate that goes into the signature is.
#[derive(Clone, Copy)]
enum Certificate {
    OnTheToken,
    InAFile,
}

/// Signs `program.exe` as `signed.exe`, which osslsigncode does not overwrite.
fn sign(bench: &Bench, key: &str, hash: &str, certificate: Certificate) {
    bench.write("program.exe", portable_executable());
    let _ = std::fs::remove_file(bench.path("signed.exe"));
    // osslsigncode finds it without being told, and does not name it where it is missing.
    require_engine(bench);
    let mut tool = bench.command("osslsigncode", "osslsigncode");
    tool.args(["sign", "-pkcs11module", &module()]);
    match certificate {
        Certificate::OnTheToken => tool.args(["-pkcs11cert", &uri(key, "cert")]),
        Certificate::InAFile => tool.args(["-certs", &fixture(&format!("certificates/{key}.ca-issued.pem"))]),
    };
    if let Some(pin) = bench.pin() {
        tool.args(["-pass", &pin]);
    }
    tool.args(["-key", &uri(key, "private"), "-h", hash, "-in", "program.exe", "-out", "signed.exe"]);
    succeeds(&mut tool);
}

/// osslsigncode without the module, verifying a file against the fixtures' authority.
fn verification(bench: &Bench, file: &str) -> Command {
    let authority = fixture("certificates/ca.pem");
    let mut tool = bench.plain(artifacts::program("osslsigncode", "osslsigncode"));
    tool.args(["verify", "-CAfile", &authority, "-TSA-CAfile", &authority, "-in", file]);
    tool
}

/// Fails unless `signed.exe` is signed with a key and a hash, once.
fn verify(bench: &Bench, key: &str, hash: &str) {
    let text = succeeds(&mut verification(bench, "signed.exe"));
    assert!(text.contains(&format!("Message digest algorithm  : {}\n", hash.to_uppercase())), "{text}");
    let (_, signer) = text.split_once("Signer #0:\n").expect("a signer");
    assert!(signer.lines().next().unwrap().ends_with(&format!("/CN={key}")), "{text}");
    assert!(text.ends_with("Number of verified signatures: 1\nSucceeded\n"), "{text}");
}

fn with_each_credentials(test: impl Fn(&Bench)) {
    Credentials::BOTH.map(Bench::with_authority).iter().for_each(test);
}

#[test]
fn signs_a_program_with_rsa_and_ec() {
    with_each_credentials(|bench| {
        for key in RSA_KEYS.into_iter().chain(EC_KEYS) {
            for certificate in [Certificate::OnTheToken, Certificate::InAFile] {
                sign(bench, key, "sha256", certificate);
                verify(bench, key, "sha256");
                assert_eq!(bench.signers(), [bench.user()]);
                bench.expect_requests(&[LIST, SIGN]);
            }
        }
    });
}

#[test]
fn signs_with_longer_hashes() {
    with_each_credentials(|bench| {
        for (key, hash) in
            [("rsa-2048", "sha384"), ("rsa-2048", "sha512"), ("p-256", "sha384"), ("p-256", "sha512")]
        {
            sign(bench, key, hash, Certificate::OnTheToken);
            verify(bench, key, hash);
        }
    });
}

#[test]
fn a_program_that_was_changed_afterwards_does_not_verify() {
    with_each_credentials(|bench| {
        sign(bench, "rsa-2048", "sha256", Certificate::OnTheToken);
        let mut program = bench.read("signed.exe");
        program[0x200] ^= 1;
        bench.write("changed.exe", program);
        let text = fails(&mut verification(bench, "changed.exe"));
        assert!(text.contains("MISMATCH!!!"), "{text}");
    });
}

//! Hashes that the tool has signed, verified by openssl.

use std::process::Output;

use serde_json::{Value, json};

use crate::desk::{Desk, text};
use crate::support::artifacts;
use crate::support::bench::{EC_KEYS, LIST, RSA_KEYS, SIGN, label, succeeds};
use crate::support::verification::verify;

const CONTENT: &[u8] = b"what is signed\n";

/// The file with the content, and its hash as the tools of the system print it.
fn file_and_hash(desk: &Desk, algorithm: &str) -> (String, String) {
    let file = desk.bench.write("content", CONTENT).to_str().unwrap().to_owned();
    let mut command = desk.bench.command(&format!("{algorithm}sum"), "coreutils");
    let hash = succeeds(command.arg(&file));
    (file, hash)
}

/// Fails unless openssl accepts a signature over the content.
fn openssl_verifies(desk: &Desk, key: &str, arguments: &[&str], signature: &[u8]) {
    desk.bench.write("signature", signature);
    let mut openssl = desk.bench.command("openssl", "openssl");
    openssl.args(["dgst", "-verify"]).arg(artifacts::public_key(key)).args(arguments);
    assert_eq!(succeeds(openssl.args(["-signature", "signature", "content"])), "Verified OK\n", "{key}");
}

#[test]
fn every_key_signs_a_hash_that_openssl_verifies() {
    let desk = Desk::new();
    let (file, _) = file_and_hash(&desk, "sha256");
    for key in [RSA_KEYS, EC_KEYS].concat() {
        let options = ["--file", &file, "--encoding", "binary"];
        let signature = desk.tool(&[&["sign-hash", &label(key)], &options[..]].concat());

        openssl_verifies(&desk, key, &["-sha256"], &signature);
    }
}

#[test]
fn each_hash_algorithm_and_padding_is_signed() {
    let desk = Desk::new();
    for algorithm in ["sha1", "sha256", "sha384", "sha512"] {
        let (_, hash) = file_and_hash(&desk, algorithm);
        let sum = desk.bench.write("sum", &hash).to_str().unwrap().to_owned();
        let options = ["--hash-algorithm", algorithm, "--hash-file", &sum, "--encoding", "binary"];
        let signature = desk.tool(&[&["sign-hash", "container-images/rsa-3072"], &options[..]].concat());

        openssl_verifies(&desk, "rsa-3072", &[&format!("-{algorithm}")], &signature);
    }
    let (file, _) = file_and_hash(&desk, "sha256");
    let options = ["--padding", "pss", "--file", &file, "--encoding", "binary"];
    let signature = desk.tool(&[&["sign-hash", "container-images/rsa-3072"], &options[..]].concat());
    let pss = ["-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];
    openssl_verifies(&desk, "rsa-3072", &pss, &signature);
}

#[test]
fn an_ec_signature_can_be_had_as_r_and_s() {
    let desk = Desk::new();
    let options = ["--hash", &"07".repeat(32), "--ecdsa-format", "raw", "--encoding", "binary"];
    let signature = desk.tool(&[&["sign-hash", "container-images/p-256"], &options[..]].concat());

    verify("p-256", "ecdsa", "none", &[7; 32], &signature);
}

#[test]
fn the_hash_comes_as_text_as_bytes_and_from_standard_input() {
    let desk = Desk::new();
    let bytes = desk.bench.write("bytes", [7; 32]).to_str().unwrap().to_owned();
    let with = |arguments: &[&str], input: &[u8]| {
        let Output { status, stdout, stderr } =
            desk.with_input(&[&["sign-hash", "container-images/rsa-2048"], arguments].concat(), input);
        assert_eq!(status.code(), Some(0), "{}", text(&stderr));
        text(&stdout)
    };
    let signature = with(&["--hash", &"07".repeat(32)], b"");

    assert_eq!(with(&["--hash-file", &bytes], b""), signature);
    assert_eq!(with(&["--hash-file", "-"], &[7; 32]), signature);
    assert_eq!(with(&["--hash-file", "-"], format!("{}  -\n", "07".repeat(32)).as_bytes()), signature);
}

#[test]
fn a_script_gets_the_signature_with_its_signing_request() {
    let desk = Desk::new();
    let hash = "07".repeat(32);
    let report = desk.json(&["sign-hash", "container-images/rsa-2048", "--hash", &hash]);
    let base64 = desk.line(&["sign-hash", "container-images/rsa-2048", "--hash", &hash]);

    assert_eq!(
        (&report["key"], &report["hashAlgorithm"], &report["hash"], &report["signature"]),
        (&json!("container-images/rsa-2048"), &json!("SHA-256"), &json!(hash), &json!(base64))
    );
    assert!(report["signingRequest"].as_str().unwrap().starts_with("http"), "{report}");
}

#[test]
fn a_script_that_names_a_file_finds_the_report_in_it() {
    let desk = Desk::new();
    let arguments = ["sign-hash", "container-images/rsa-2048", "--hash", &"07".repeat(32)];
    let options = ["--out", "report.json", "--output", "json"];
    let printed = desk.tool(&[&arguments[..], &options].concat());

    assert_eq!(text(&printed), "");
    let report: Value =
        serde_json::from_slice(&std::fs::read(desk.bench.path("report.json")).unwrap()).unwrap();
    assert_eq!(report["key"], "container-images/rsa-2048");
}

#[test]
fn a_signature_takes_two_requests() {
    let desk = Desk::new();
    desk.tool(&["sign-hash", "container-images/rsa-2048", "--hash", &"07".repeat(32)]);

    desk.bench.expect_requests(&[LIST, SIGN]);
}

#[test]
fn nothing_is_asked_where_the_hash_is_none() {
    let desk = Desk::new();
    for (options, message) in [
        (
            &["--hash", "0707"][..],
            "the hash has 2 bytes, one of SHA-256 has 32; choose the right --hash-algorithm",
        ),
        (&["--hash", "hello"], "the hash is not hexadecimal; --file hashes a file here"),
    ] {
        let arguments = [&["sign-hash", "container-images/rsa-2048"], options].concat();
        assert_eq!(desk.fails(1, &arguments), format!("error: {message}"));
    }
    desk.bench.expect_requests(&[]);
}

#[test]
fn a_padding_that_the_key_does_not_have_is_refused() {
    let options = ["--padding", "pss", "--hash", &"07".repeat(32)];
    let message = Desk::new().fails(1, &[&["sign-hash", "container-images/p-256"], &options[..]].concat());

    assert_eq!(message, "error: this is an EC P-256 key, which knows no padding; leave --padding out");
}

#[test]
fn a_signature_that_does_not_verify_is_not_handed_out() {
    let desk = Desk::new();
    desk.bench.emulator.tell("POST", "faults", json!({ "route": "signHash", "signature": "flipBits" }));
    let arguments = ["sign-hash", "container-images/rsa-2048", "--hash", &"07".repeat(32)];

    assert_eq!(
        desk.fails(8, &arguments),
        "error: SignPath's signature (256 bytes) does not verify with the public key of container-images/rsa-2048 \
         (RSA 2048); run it again if the key was replaced just now [SP4003]"
    );
}

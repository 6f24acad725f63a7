//! Signatures verified by the openssl command: an implementation that the emulator does not use.

use std::fs;
use std::process::Command;

use super::{fixture, folder};

/// Runs a tool; one that is missing fails the test with the command that installs it.
pub(crate) fn run(tool: &str, package: &str, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(tool).args(arguments).output().unwrap_or_else(|reason| {
        panic!("'{tool}' cannot be run ({reason}); install it with: sudo apt-get install {package}")
    });
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Whether `signature` is one of `hash` by the fixture `key`. `options` are those of `openssl pkeyutl -pkeyopt`.
///
/// `name` is that of the test; its folder keeps the files.
pub(crate) fn verifies(name: &str, key: &str, hash: &[u8], signature: &[u8], options: &[&str]) -> bool {
    let folder = folder(name);
    let (hash_file, signature_file) = (folder.join("hash"), folder.join("signature"));
    fs::write(&hash_file, hash).unwrap();
    fs::write(&signature_file, signature).unwrap();
    let public_key = fixture(&format!("keys/{key}.public.pem"));
    let mut arguments = vec![
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        public_key.to_str().unwrap(),
        "-in",
        hash_file.to_str().unwrap(),
        "-sigfile",
        signature_file.to_str().unwrap(),
    ];
    for option in options {
        arguments.extend(["-pkeyopt", option]);
    }
    let (verified, messages) = run("openssl", "openssl", &arguments);
    assert!(messages.contains("Signature Verif"), "openssl could not even try: {messages}");
    verified
}

/// r and s, one after the other, as the DER that openssl reads.
pub(crate) fn ieee_to_asn1(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let integers = [asn1_integer(r), asn1_integer(s)].concat();
    [asn1_header(0x30, integers.len()), integers].concat()
}

fn asn1_integer(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap();
    let mut integer = bytes[first..].to_vec();
    if integer[0] >= 0x80 {
        integer.insert(0, 0);
    }
    [asn1_header(2, integer.len()), integer].concat()
}

fn asn1_header(tag: u8, length: usize) -> Vec<u8> {
    let length = u8::try_from(length).unwrap();
    if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] }
}

//! Verifying signatures with an implementation that neither the module nor the emulator uses: the openssl command.

use std::process::Command;

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::artifacts;

/// Fails unless `signature` is one of `digest` by the fixture key `name`. `scheme` is `pkcs1`, `pss` or `ecdsa`;
/// `hash` is openssl's name of the digest, or `none`. An ECDSA signature is `r ‖ s`.
pub fn verify(name: &str, scheme: &str, hash: &str, digest: &[u8], signature: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let (digest_file, signature_file) = (folder.path().join("digest"), folder.path().join("signature"));
    let signature = if scheme == "ecdsa" { ecdsa_der(signature) } else { signature.to_vec() };
    std::fs::write(&digest_file, digest).unwrap();
    std::fs::write(&signature_file, signature).unwrap();
    let mut openssl = Command::new(artifacts::program("openssl", "openssl"));
    openssl.args(["pkeyutl", "-verify", "-pubin", "-inkey"]).arg(artifacts::public_key(name));
    openssl.arg("-in").arg(&digest_file).arg("-sigfile").arg(&signature_file);
    let options = match scheme {
        "pkcs1" => vec!["rsa_padding_mode:pkcs1".to_owned(), format!("digest:{hash}")],
        "pss" => vec![
            "rsa_padding_mode:pss".to_owned(),
            format!("digest:{hash}"),
            format!("rsa_pss_saltlen:{}", digest.len()),
            format!("rsa_mgf1_md:{hash}"),
        ],
        _ => Vec::new(),
    };
    for option in options {
        openssl.args(["-pkeyopt", &option]);
    }
    let output = openssl.output().unwrap();
    assert!(output.status.success(), "{name} {scheme} {hash}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The digest of `data`; `hash` is openssl's name of it.
pub fn digest(hash: &str, data: &[u8]) -> Vec<u8> {
    match hash {
        "sha256" => Sha256::digest(data).to_vec(),
        "sha384" => Sha384::digest(data).to_vec(),
        "sha512" => Sha512::digest(data).to_vec(),
        _ => panic!("no hash is called {hash}"),
    }
}

/// `r ‖ s` as Ecdsa-Sig-Value.
fn ecdsa_der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let content = [integer(r), integer(s)].concat();
    [tag(0x30, content.len()), content].concat()
}

fn integer(number: &[u8]) -> Vec<u8> {
    let mut number: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    if number.first().is_none_or(|byte| byte & 0x80 != 0) {
        number.insert(0, 0);
    }
    [tag(0x02, number.len()), number].concat()
}

fn tag(tag: u8, length: usize) -> Vec<u8> {
    if length < 0x80 { vec![tag, length as u8] } else { vec![tag, 0x81, length as u8] }
}

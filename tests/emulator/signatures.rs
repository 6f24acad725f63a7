//! Signatures, verified by the openssl command: every key, hash, padding and format.

use serde_json::json;

use crate::support::openssl::{ieee_to_asn1, verifies};
use crate::support::{Emulator, ecdsa_request, from_base64, hash, rsa_request};

const RSA_KEYS: [&str; 3] = ["rsa-2048", "rsa-3072", "rsa-4096"];
const HASHES: [(&str, &str, usize); 4] =
    [("Sha1", "sha1", 20), ("Sha256", "sha256", 32), ("Sha384", "sha384", 48), ("Sha512", "sha512", 64)];
const CURVES: [(&str, usize); 3] = [("p-256", 32), ("p-384", 48), ("p-521", 66)];

fn signature(emulator: &Emulator, body: &serde_json::Value) -> Vec<u8> {
    from_base64(&emulator.sign_hash(body).expect(200)["hashSigningResult"]["signature"])
}

#[test]
fn rsa_signatures_of_pkcs1_verify() {
    let emulator = Emulator::start(&[]);
    for key in RSA_KEYS {
        for (name, digest, length) in HASHES {
            let hash = hash(length);
            let signature = signature(&emulator, &rsa_request(key, &hash, name));
            let options = [format!("digest:{digest}")];
            let options = options.each_ref().map(String::as_str);
            assert!(verifies("pkcs1", key, &hash, &signature, &options), "{key} {name}");
        }
    }
}

#[test]
fn rsa_signatures_of_pss_verify_with_a_salt_as_long_as_the_hash() {
    let emulator = Emulator::start(&[]);
    for key in RSA_KEYS {
        for (name, digest, length) in HASHES {
            let hash = hash(length);
            let mut body = rsa_request(key, &hash, name);
            body["hashSigningData"]["rsaOptions"]["paddingMode"] = json!("Pss");
            let signature = signature(&emulator, &body);
            let options = [
                "rsa_padding_mode:pss".to_owned(),
                format!("digest:{digest}"),
                format!("rsa_mgf1_md:{digest}"),
                format!("rsa_pss_saltlen:{length}"),
            ];
            let options = options.each_ref().map(String::as_str);
            assert!(verifies("pss", key, &hash, &signature, &options), "{key} {name}");
        }
    }
}

#[test]
fn ecdsa_signatures_verify_for_hashes_shorter_and_longer_than_the_curve() {
    let emulator = Emulator::start(&[]);
    for (key, field) in CURVES {
        for length in [20, 28, 32, 48, 64] {
            let hash = hash(length);
            let signature = signature(&emulator, &ecdsa_request(key, &hash));
            assert_eq!(signature.len(), 2 * field, "{key} {length}");
            assert!(verifies("ieee", key, &hash, &ieee_to_asn1(&signature), &[]), "{key} {length}");
        }
    }
}

#[test]
fn ecdsa_signatures_can_be_asn1() {
    let emulator = Emulator::start(&[]);
    for (key, _) in CURVES {
        let hash = hash(32);
        let mut body = ecdsa_request(key, &hash);
        body["hashSigningData"]["ecdsaOptions"] = json!({ "signatureFormat": "Asn1" });
        let signature = signature(&emulator, &body);
        assert!(verifies("asn1", key, &hash, &signature, &[]), "{key}");
    }
}

#[test]
fn openssl_refuses_a_signature_of_another_hash() {
    let emulator = Emulator::start(&[]);
    let signature = signature(&emulator, &rsa_request("rsa-2048", &hash(32), "Sha256"));
    assert!(!verifies("other-hash", "rsa-2048", &[0; 32], &signature, &["digest:sha256"]));
}

#[test]
fn policies_that_share_a_key_make_the_same_signature() {
    let emulator = Emulator::start(&[]);
    let here = rsa_request("rsa-3072", &hash(32), "Sha256");
    let mut there = here.clone();
    there["projectSlug"] = json!("desktop-app");
    there["signingPolicySlug"] = json!("release");
    assert_eq!(signature(&emulator, &here), signature(&emulator, &there));
}

#[test]
fn a_name_and_an_oid_mean_the_same_hash_algorithm() {
    let emulator = Emulator::start(&[]);
    let by_name = rsa_request("rsa-2048", &hash(64), "Sha512");
    let mut by_oid = by_name.clone();
    by_oid["hashSigningData"]["rsaOptions"] = json!({ "hashAlgorithmOid": "2.16.840.1.101.3.4.2.3" });
    assert_eq!(signature(&emulator, &by_name), signature(&emulator, &by_oid));
}

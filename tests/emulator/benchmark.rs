//! The emulator as the other side of a benchmark: `--benchmark`, `--delay`, `--signing-policies`.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::openssl::{ieee_to_asn1, verifies};
use crate::support::{Emulator, ecdsa_request, from_base64, hash};

#[test]
fn a_hash_is_signed_once_and_its_signature_given_again() {
    let emulator = Emulator::start(&["--benchmark"]);
    let signature = |hash: &[u8]| {
        let answer = emulator.sign_hash(&ecdsa_request("p-256", hash)).expect(200);
        from_base64(&answer["hashSigningResult"]["signature"])
    };
    let first = signature(&hash(32));

    assert!(verifies("benchmark", "p-256", &hash(32), &ieee_to_asn1(&first), &[]));
    assert_eq!(signature(&hash(32)), first);
    assert_ne!(signature(&hash(33)[1..]), first);
}

#[test]
fn requests_are_counted_and_nothing_is_kept_of_them() {
    let emulator = Emulator::start(&["--benchmark"]);
    emulator.policies("");
    emulator.sign_hash(&ecdsa_request("p-256", &hash(32))).expect(200);

    assert_eq!(emulator.observe("requests")["total"], 2);
    assert_eq!(emulator.observe("requests")["requests"], json!([]));
    assert_eq!(emulator.audit(), Vec::<serde_json::Value>::new());
    assert_eq!(emulator.stop(), "");
}

#[test]
fn more_signing_policies_share_the_keys_and_sign() {
    let emulator = Emulator::start(&["--signing-policies", "1000"]);
    let list = emulator.policies("?projectSlug=benchmark");
    let slugs = list["signingPolicies"].as_array().unwrap();
    let curve = slugs.iter().find(|entry| entry["keySizeInBits"] == 256).expect("a P-256 key");
    let mut body = ecdsa_request(curve["signingPolicySlug"].as_str().unwrap(), &hash(32));
    body["projectSlug"] = json!("benchmark");

    assert_eq!(slugs.len(), 1000);
    assert_eq!(slugs[999]["signingPolicySlug"], "policy-01000");
    emulator.sign_hash(&body).expect(200);
}

#[test]
fn an_answer_leaves_when_its_way_is_over() {
    let emulator = Emulator::start(&["--delay", "120"]);
    let started = Instant::now();
    emulator.policies("");

    // a millisecond is left to the emulator's timer, which rings late
    assert!(started.elapsed() >= Duration::from_millis(119));
}

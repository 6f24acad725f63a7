//! `GET Cryptoki/MySigningPolicies`, in every shape.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Emulator, base64, fixture, from_base64, golden};

fn entry(emulator: &Emulator, policy: &str) -> Value {
    let body = emulator.policies(&format!("?projectSlug=container-images&signingPolicySlug={policy}"));
    let policies = body["signingPolicies"].as_array().unwrap();
    assert_eq!(policies.len(), 1, "{body}");
    policies[0].clone()
}

fn slugs(emulator: &Emulator, query: &str) -> Vec<String> {
    let body = emulator.policies(query);
    let slug = |policy: &Value| policy["signingPolicySlug"].as_str().unwrap().to_owned();
    body["signingPolicies"].as_array().unwrap().iter().map(slug).collect()
}

/// A DER form of a fixture, as the openssl command makes it.
fn der(arguments: &[&str], file: &str) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).arg("-in").arg(fixture(file)).output();
    let output = output.expect("'openssl' is missing; install it with: sudo apt-get install openssl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn an_entry_of_an_rsa_key_is_the_documented_one() {
    let emulator = Emulator::start(&[]);
    let query = "Cryptoki/MySigningPolicies?projectSlug=container-images&signingPolicySlug=rsa-2048";
    let response = emulator.send(&Emulator::request("GET", query));
    assert_eq!(response.header("content-type"), Some("application/json; charset=utf-8"));
    golden::assert_same(&emulator, &response, "my-signing-policies.json");
}

#[test]
fn filters_restrict_by_project_by_policy_and_by_both() {
    let emulator = Emulator::start(&[]);
    assert_eq!(slugs(&emulator, "?projectSlug=desktop-app"), ["release"]);
    assert_eq!(slugs(&emulator, "?signingPolicySlug=p-256"), ["p-256"]);
    assert_eq!(slugs(&emulator, "?projectSlug=container-images&signingPolicySlug=p%2D256"), ["p-256"]);
    assert!(slugs(&emulator, "?projectSlug=desktop-app&signingPolicySlug=p-256").is_empty());
}

#[test]
fn an_unknown_slug_is_an_empty_list_or_400() {
    let emulator = Emulator::start(&[]);
    let query = "?projectSlug=container-images&signingPolicySlug=none";
    assert!(slugs(&emulator, query).is_empty());
    emulator.shapes(&json!({ "unknown-slug-filter": 400 }));
    let response = emulator.send(&Emulator::request("GET", &format!("Cryptoki/MySigningPolicies{query}")));
    assert_eq!(
        response.validation_error(),
        "SigningPolicySlug: There is no signing policy with slug 'none' in the project with slug 'container-images'."
    );
}

#[test]
fn a_misspelt_filter_is_refused() {
    let emulator = Emulator::start(&[]);
    let response =
        emulator.send(&Emulator::request("GET", "Cryptoki/MySigningPolicies?ProjectSlug=desktop-app"));
    assert_eq!(response.validation_error(), "ProjectSlug: The query parameter is not known.");
}

#[test]
fn the_root_is_an_object_or_an_array() {
    let emulator = Emulator::start(&["--shape", "policies-root=array"]);
    assert_eq!(emulator.policies("?projectSlug=desktop-app")[0]["signingPolicySlug"], "release");
}

#[test]
fn certificates_are_self_signed_or_issued() {
    let emulator = Emulator::start(&[]);
    for (shape, file) in [("self-signed", "p-384.self-signed.pem"), ("ca-issued", "p-384.ca-issued.pem")] {
        emulator.shapes(&json!({ "certificate": shape }));
        let expected = der(&["x509", "-outform", "DER"], &format!("certificates/{file}"));
        assert_eq!(from_base64(&entry(&emulator, "p-384")["certificateBytes"]), expected, "{shape}");
    }
}

#[test]
fn the_type_of_a_certificate_can_be_missing_as_in_the_documentation() {
    let emulator = Emulator::start(&["--shape", "certificate-type=absent"]);
    assert_eq!(entry(&emulator, "rsa-2048").get("certificateType"), None);
}

#[test]
fn a_curve_is_described_in_every_plausible_way() {
    let emulator = Emulator::start(&[]);
    let spki = der(&["pkey", "-pubin", "-pubout", "-outform", "DER"], "keys/p-521.public.pem");
    let point = &spki[spki.len() - 133..];
    let coordinates = json!({ "x": base64(&point[1..67]), "y": base64(&point[67..]) });
    let dotnet = json!({
        "curve": { "oid": { "value": "1.3.132.0.35", "friendlyName": "nistP521" } },
        "q": coordinates,
    });
    for (shape, value, member, expected) in [
        ("ec-key-type", "Ecdsa", "keyType", json!("Ecdsa")),
        ("ec-key-type", "Ec", "keyType", json!("Ec")),
        ("ec-key-type", "EC", "keyType", json!("EC")),
        ("ec-key-type", "ECDSA", "keyType", json!("ECDSA")),
        ("ec-key-type", "absent", "keyType", Value::Null),
        ("ec-public-key", "spki", "publicKeyBytes", json!(base64(&spki))),
        ("ec-public-key", "point", "publicKeyBytes", json!(base64(point))),
        ("ec-public-key", "absent", "publicKeyBytes", Value::Null),
        ("ec-parameters", "absent", "ecdsaParameters", Value::Null),
        ("ec-parameters", "named-curve", "ecdsaParameters", json!({ "namedCurve": "nistP521" })),
        ("ec-parameters", "dotnet", "ecdsaParameters", dotnet),
        ("ec-key-size", "present", "keySizeInBits", json!(521)),
        ("ec-key-size", "absent", "keySizeInBits", Value::Null),
    ] {
        emulator.shapes(&json!({ shape: value }));
        let entry = entry(&emulator, "p-521");
        assert_eq!(entry.get(member).cloned().unwrap_or_default(), expected, "{shape}={value}");
        assert_eq!(entry.get("rsaParameters"), None);
    }
}

#[test]
fn a_gpg_key_has_no_certificate_and_is_hidden_unless_asked_for() {
    let emulator = Emulator::start(&[]);
    assert!(!slugs(&emulator, "").contains(&"gpg-rsa".to_owned()));
    emulator.shapes(&json!({ "gpg-policy": "on" }));
    for (shape, value, member, expected) in [
        ("gpg-certificate", "null", "certificateBytes", Some(Value::Null)),
        ("gpg-certificate", "absent", "certificateBytes", None),
        ("gpg-certificate", "empty", "certificateBytes", Some(json!(""))),
        ("gpg-certificate-type", "Gpg", "certificateType", Some(json!("Gpg"))),
        ("gpg-certificate-type", "GpgKey", "certificateType", Some(json!("GpgKey"))),
        ("gpg-certificate-type", "absent", "certificateType", None),
    ] {
        emulator.shapes(&json!({ shape: value }));
        let entry = entry(&emulator, "gpg-rsa");
        assert_eq!(entry.get(member), expected.as_ref(), "{shape}={value}");
        assert_eq!(entry["keyType"], "Rsa");
    }
}

#[test]
fn policies_with_approval_are_listed_or_hidden() {
    let emulator = Emulator::start(&[]);
    assert!(slugs(&emulator, "").contains(&"needs-approval".to_owned()));
    emulator.shapes(&json!({ "approval-policies": "hidden" }));
    assert!(!slugs(&emulator, "").contains(&"needs-approval".to_owned()));
}

#[test]
fn odd_entries_come_after_those_that_can_be_understood() {
    let emulator = Emulator::start(&["--shape", "odd-entry=true"]);
    let length = |query| emulator.policies(query)["signingPolicies"].as_array().unwrap().len();
    assert_eq!(length("?projectSlug=desktop-app"), 2);
    assert_eq!(emulator.policies("?projectSlug=desktop-app")["signingPolicies"][1]["keyType"], "Mldsa");
    emulator.shapes(&json!({ "odd-entry": "every-kind" }));
    assert_eq!(length("?projectSlug=desktop-app"), 6);
}

#[test]
fn bodies_can_be_chunked() {
    let emulator = Emulator::start(&["--shape", "body-framing=chunked"]);
    let response = emulator.send(&Emulator::request("GET", "Cryptoki/MySigningPolicies"));
    assert_eq!(response.header("transfer-encoding"), Some("chunked"));
    assert_eq!(response.json()["signingPolicies"].as_array().unwrap().len(), 8);
}

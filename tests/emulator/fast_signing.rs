//! `POST SigningRequests` with `IsFastSigningRequest=true`, on servers of both generations.

use serde_json::{Value, json};

use crate::support::http::{Request, Response};
use crate::support::openssl::verifies;
use crate::support::{Emulator, SOME_POLICIES, base64, from_base64, golden, hash, rsa_request};

const BOUNDARY: &str = "----signpath-test-boundary";

/// A form as SignPath's own samples show it.
fn form(fields: &[(&str, &str)], artifact: &str) -> Request {
    let mut body = String::new();
    for (name, value) in fields {
        body +=
            &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"Artifact\"; filename=\"payload.json\"\r\n\
         Content-Type: application/json\r\n\r\n{artifact}\r\n--{BOUNDARY}--\r\n"
    );
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    Emulator::request("POST", "SigningRequests").body(&content_type, body)
}

fn fields(policy: &str) -> [(&'static str, &str); 3] {
    [("ProjectSlug", "container-images"), ("SigningPolicySlug", policy), ("IsFastSigningRequest", "true")]
}

fn sign(emulator: &Emulator, policy: &str, artifact: &str) -> Response {
    emulator.send(&form(&fields(policy), artifact))
}

fn rsa_artifact(hash: &[u8]) -> Value {
    json!({
        "SignatureAlgorithm": "RsaPkcs1",
        "RsaHashAlgorithm": "2.16.840.1.101.3.4.2.1",
        "Base64EncodedHash": base64(hash),
    })
}

#[test]
fn the_documented_artifact_comes_back_signed() {
    for generation in ["legacy", "current"] {
        let emulator = Emulator::start(&["--api", generation]);
        let response = sign(&emulator, "rsa-2048", &golden::read("fast-signing-payload.json"));
        assert_eq!(response.status, 200, "{generation}");
        golden::assert_same(&emulator, &response, "fast-signing-response.json");
    }
}

#[test]
fn the_documented_refusals_have_the_documented_bodies() {
    let emulator = Emulator::start(&["--api", "legacy"]);
    let right = rsa_artifact(&hash(32)).to_string();
    let wrong_length = rsa_artifact(&hash(20)).to_string();
    let wrong_algorithm = right.replace("RsaPkcs1", "Rsa");
    for (policy, artifact, expected) in [
        ("needs-approval", &right, "problem-approval-process.json"),
        ("rsa-2048-2022", &right, "problem-unknown-signing-policy.json"),
        ("rsa-2048", &wrong_length, "problem-hash-length.json"),
        ("rsa-2048", &wrong_algorithm, "problem-invalid-format.json"),
    ] {
        let response = sign(&emulator, policy, artifact);
        assert_eq!(response.status, 400);
        golden::assert_same(&emulator, &response, expected);
    }
}

#[test]
fn metadata_comes_back_as_it_was_sent() {
    let emulator = Emulator::start(&[]);
    let metadata = r#"{"b":[1,2.50,{"z":null,"a":"é"}],"a":1e3}"#;
    let artifact = rsa_artifact(&hash(32)).to_string();
    let artifact = format!("{},\"Metadata\":{metadata}}}", artifact.trim_end_matches('}'));
    let response = sign(&emulator, "rsa-2048", &artifact);
    assert!(
        response.text().contains(&format!("\"Metadata\":{metadata},\"Signature\":")),
        "{}",
        response.text()
    );
}

#[test]
fn a_form_in_the_manner_of_jsign_is_served() {
    let emulator = Emulator::start(&[]);
    let mut body = String::new();
    for (name, value) in fields("rsa-2048") {
        body +=
            &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    // Content-Type first, another file name, octets, and nothing after the last boundary.
    body += &format!(
        "--{BOUNDARY}\r\nContent-Type: application/octet-stream\r\n\
         Content-Disposition: form-data; name=\"Artifact\"; filename=\"Artifact.data\"\r\n\r\n{}\r\n--{BOUNDARY}--",
        rsa_artifact(&hash(32))
    );
    let request = Emulator::request("POST", "SigningRequests").header("Accept", "*/*");
    let content_type = format!("multipart/form-data; boundary=\"{BOUNDARY}\"");
    assert_eq!(emulator.send(&request.body(&content_type, body)).status, 200);
}

#[test]
fn names_of_parts_are_known_in_any_case() {
    let emulator = Emulator::start(&[]);
    let fields = [
        ("projectSlug", "container-images"),
        ("signingpolicyslug", "rsa-2048"),
        ("isFastSigningRequest", "True"),
    ];
    assert_eq!(emulator.send(&form(&fields, &rsa_artifact(&hash(32)).to_string())).status, 200);
}

#[test]
fn a_form_that_is_wrong_is_refused_by_name() {
    let emulator = Emulator::start(&[]);
    let artifact = rsa_artifact(&hash(32)).to_string();
    let project = ("ProjectSlug", "container-images");
    let policy = ("SigningPolicySlug", "rsa-2048");
    let fast = ("IsFastSigningRequest", "true");
    for (fields, expected) in [
        (vec![policy, fast], "ProjectSlug: The ProjectSlug field is required."),
        (vec![project, fast], "SigningPolicySlug: The SigningPolicySlug field is required."),
        (vec![project, policy], "IsFastSigningRequest: The IsFastSigningRequest field is required."),
        (
            vec![project, policy, ("IsFastSigningRequest", "yes")],
            "IsFastSigningRequest: The value 'yes' is not valid.",
        ),
        (vec![project, policy, fast, ("Hash", "")], "Hash: The form field 'Hash' is not known."),
        (vec![project, project, fast], "ProjectSlug: The form field 'ProjectSlug' is given twice."),
    ] {
        assert_eq!(emulator.send(&form(&fields, &artifact)).validation_error(), expected, "{fields:?}");
    }
    let json = Emulator::request("POST", "SigningRequests").json(&json!({}));
    assert_eq!(
        emulator.send(&json).validation_error(),
        ": The content type 'application/json' is not supported."
    );
}

#[test]
fn a_legacy_server_refuses_a_user_without_the_role_in_plain_text() {
    let emulator = Emulator::start(&["--api", "legacy"]);
    let request = form(&fields("rsa-2048"), &rsa_artifact(&hash(32)).to_string()).bearer(SOME_POLICIES);
    let response = emulator.send(&request);
    assert_eq!(response.status, 403);
    assert_eq!(
        response.text(),
        "The user 'some-policies' is not a submitter of the signing policy 'rsa-2048' in the project \
         'container-images'."
    );
}

#[test]
fn both_contracts_make_the_same_signature() {
    let emulator = Emulator::start(&[]);
    let hash = hash(32);
    let fast = sign(&emulator, "rsa-4096", &rsa_artifact(&hash).to_string()).expect(200)["Signature"].clone();
    let body = emulator.sign_hash(&rsa_request("rsa-4096", &hash, "Sha256")).expect(200);
    assert_eq!(fast, body["hashSigningResult"]["signature"]);
}

#[test]
fn a_curve_signs_and_its_format_comes_back() {
    let emulator = Emulator::start(&[]);
    let hash = hash(32);
    let artifact = json!({
        "SignatureAlgorithm": "Ecdsa", "EcdsaSignatureFormat": "Asn1", "Base64EncodedHash": base64(&hash),
    });
    let body = sign(&emulator, "p-256", &artifact.to_string()).expect(200);
    assert_eq!(body["EcdsaSignatureFormat"], "Asn1");
    assert_eq!(body.get("RsaHashAlgorithm"), None);
    assert!(verifies("fast-ecdsa", "p-256", &hash, &from_base64(&body["Signature"]), &[]));
}

#[test]
fn the_signed_artifact_has_every_plausible_shape() {
    let emulator = Emulator::start(&[]);
    emulator.shapes(&json!({
        "fast-signing-response": "with-signing-request",
        "signed-artifact-content-type": "application/octet-stream",
        "success-status": "201",
    }));
    let response = sign(&emulator, "rsa-2048", &rsa_artifact(&hash(32)).to_string());
    assert_eq!(response.header("content-type"), Some("application/octet-stream"));
    let body = response.expect(201);
    let id = body["SigningRequestId"].as_str().unwrap();
    assert!(body["WebLink"].as_str().unwrap().ends_with(&format!("/SigningRequests/{id}")));
}

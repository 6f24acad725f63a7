//! `POST SigningRequests/SignHash`: what is accepted, what is refused, and how.

use serde_json::{Value, json};

use crate::support::http::Response;
use crate::support::{
    ALL_POLICIES, Emulator, SOME_POLICIES, base64, ecdsa_request, from_base64, golden, hash, rsa_request,
};

/// The request that is changed by one thing in each row below.
fn valid() -> Value {
    rsa_request("rsa-2048", &hash(32), "Sha256")
}

/// Sets the member at a JSON pointer; null removes it.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => parent.remove(member),
        value => parent.insert(member.to_owned(), value),
    };
    body
}

fn send(emulator: &Emulator, token: &str, body: &Value) -> Response {
    emulator.send(&Emulator::request("POST", "SigningRequests/SignHash").bearer(token).json(body))
}

#[test]
fn the_documented_request_gets_the_documented_answer() {
    let emulator = Emulator::start(&[]);
    let response = emulator.sign_hash(&golden::request("sign-hash-request.json"));
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(response.header("location"), None);
    golden::assert_same(&emulator, &response, "sign-hash-response.json");
}

#[test]
fn success_has_every_plausible_shape() {
    let emulator = Emulator::start(&[]);
    emulator.shapes(&json!({ "success-status": 201, "location": "present", "web-link": "absent" }));
    let response = emulator.sign_hash(&valid());
    let body = response.expect(201);
    assert_eq!(body.get("webLink"), None);
    let id = body["signingRequestId"].as_str().unwrap();
    assert!(response.header("location").unwrap().ends_with(&format!("/SigningRequests/{id}")));
}

#[test]
fn the_documented_refusals_have_the_documented_bodies() {
    let emulator = Emulator::start(&[]);
    for (body, expected) in [
        (with(valid(), "/signingPolicySlug", json!("needs-approval")), "problem-approval-process.json"),
        (with(valid(), "/signingPolicySlug", json!("rsa-2048-2022")), "problem-unknown-signing-policy.json"),
        (with(valid(), "/hashSigningData/hash", json!(base64(&hash(48)))), "problem-hash-length.json"),
    ] {
        let response = emulator.sign_hash(&body);
        assert_eq!(response.status, 400);
        golden::assert_same(&emulator, &response, expected);
    }
}

#[test]
fn what_is_missing_is_named() {
    let emulator = Emulator::start(&[]);
    for (pointer, field) in [
        ("/projectSlug", "ProjectSlug"),
        ("/signingPolicySlug", "SigningPolicySlug"),
        ("/hashSigningData", "HashSigningData"),
        ("/hashSigningData/hash", "HashSigningData.Hash"),
        ("/hashSigningData/signatureAlgorithm", "HashSigningData.SignatureAlgorithm"),
        ("/hashSigningData/rsaOptions", "HashSigningData.RsaOptions"),
    ] {
        let response = emulator.sign_hash(&with(valid(), pointer, Value::Null));
        assert_eq!(response.validation_error(), format!("{field}: The {field} field is required."));
    }
    let empty = emulator.sign_hash(&with(valid(), "/projectSlug", json!("")));
    assert_eq!(empty.validation_error(), "ProjectSlug: The ProjectSlug field is required.");
}

#[test]
fn options_must_fit_the_algorithm_and_name_one_hash_algorithm() {
    let emulator = Emulator::start(&[]);
    let either =
        "HashSigningData.RsaOptions: Either HashAlgorithmName or HashAlgorithmOid must be specified.";
    let both = json!({ "hashAlgorithmName": "Sha256", "hashAlgorithmOid": "2.16.840.1.101.3.4.2.1" });
    for (member, options, expected) in [
        ("rsaOptions", json!({}), either),
        ("rsaOptions", both, either),
        (
            "rsaOptions",
            json!({ "hashAlgorithmName": "SHA256" }),
            "HashSigningData.RsaOptions.HashAlgorithmName: The hash algorithm 'SHA256' is not supported.",
        ),
        (
            "rsaOptions",
            json!({ "hashAlgorithmOid": "1.2.840.113549.2.5" }),
            "HashSigningData.RsaOptions.HashAlgorithmOid: The hash algorithm '1.2.840.113549.2.5' is not supported.",
        ),
        (
            "ecdsaOptions",
            json!({}),
            "HashSigningData.EcdsaOptions: EcdsaOptions cannot be combined with the signature algorithm Rsa.",
        ),
    ] {
        let body = with(valid(), &format!("/hashSigningData/{member}"), options);
        assert_eq!(emulator.sign_hash(&body).validation_error(), expected, "{body}");
    }
}

#[test]
fn values_that_cannot_be_used_are_named() {
    let emulator = Emulator::start(&[]);
    for (pointer, value, expected) in [
        ("/hashSigningData/hash", "AAA", "HashSigningData.Hash: The hash is not base64: Invalid padding."),
        (
            "/signingPolicySlug",
            "p-256",
            ": The signature algorithm does not match the key of the signing policy.",
        ),
        (
            "/artifactConfigurationSlug",
            "files",
            "ArtifactConfigurationSlug: There is no artifact configuration with slug 'files' in the project with slug \
             'container-images'.",
        ),
    ] {
        let body = with(valid(), pointer, json!(value));
        assert_eq!(emulator.sign_hash(&body).validation_error(), expected, "{body}");
    }
    let post_quantum =
        with(ecdsa_request("rsa-2048", &hash(32)), "/hashSigningData/signatureAlgorithm", json!("Mldsa"));
    assert_eq!(
        emulator.sign_hash(&post_quantum).validation_error(),
        "HashSigningData.SignatureAlgorithm: There is no ML-DSA key."
    );
}

#[test]
fn another_field_or_another_case_is_not_understood() {
    let emulator = Emulator::start(&[]);
    for (pointer, value, expected) in [
        ("/ProjectSlug", json!("app"), "$: unknown field `ProjectSlug`, expected one of `projectSlug`, "),
        ("/hashSigningData/digest", json!(""), "$: unknown field `digest`, expected one of `hash`, "),
        ("/hashSigningData/rsaOptions/salt", json!(1), "$: unknown field `salt`, expected one of "),
        (
            "/hashSigningData/rsaOptions/paddingMode",
            json!("pss"),
            "$: unknown variant `pss`, expected `Pkcs1` or `Pss`",
        ),
        (
            "/hashSigningData/signatureAlgorithm",
            json!("RSA"),
            "$: unknown variant `RSA`, expected one of `Rsa`, ",
        ),
        ("/hashSigningData/hash", json!(1), "$: invalid type: integer `1`, expected a string"),
    ] {
        let error = emulator.sign_hash(&with(valid(), pointer, value)).validation_error();
        assert!(error.starts_with(expected), "{pointer}: {error}");
    }
}

#[test]
fn a_body_of_another_content_type_is_refused() {
    let emulator = Emulator::start(&[]);
    let request = Emulator::request("POST", "SigningRequests/SignHash");
    let send = |content_type| emulator.send(&request.clone().body(content_type, valid().to_string()));
    assert_eq!(send("application/json; charset=utf-8").status, 200);
    assert_eq!(send("text/json").validation_error(), ": The content type 'text/json' is not supported.");
    assert_eq!(emulator.send(&request).validation_error(), ": The content type '' is not supported.");
    emulator.shapes(&json!({ "wrong-content-type": 415 }));
    assert_eq!(send("text/json").expect(415)["title"], "Unsupported Media Type");
}

#[test]
fn a_user_without_the_role_is_told_which_one_is_missing() {
    let emulator = Emulator::start(&[]);
    let response = send(&emulator, SOME_POLICIES, &valid());
    assert_eq!(
        response.expect(403)["detail"],
        "The user 'some-policies' is not a submitter of the signing policy 'rsa-2048' in the project \
         'container-images'."
    );
    let allowed = with(valid(), "/signingPolicySlug", json!("rsa-3072"));
    assert_eq!(send(&emulator, SOME_POLICIES, &allowed).status, 200);
}

#[test]
fn the_only_artifact_configuration_may_be_named() {
    let emulator = Emulator::start(&[]);
    let body = with(valid(), "/artifactConfigurationSlug", json!("hash-signing-data"));
    assert_eq!(send(&emulator, ALL_POLICIES, &body).status, 200);
}

#[test]
fn a_curve_takes_hashes_of_any_digest_or_only_of_its_own() {
    let emulator = Emulator::start(&[]);
    let status = |length| emulator.sign_hash(&ecdsa_request("p-384", &hash(length))).status;
    assert_eq!([19, 20, 32, 48, 64, 65].map(status), [400, 200, 200, 200, 200, 400]);
    emulator.shapes(&json!({ "ec-hash-lengths": "curve-only" }));
    assert_eq!([20, 32, 48, 64].map(status), [400, 400, 200, 400]);
}

#[test]
fn a_gpg_key_signs_when_there_is_one() {
    let emulator = Emulator::start(&[]);
    let body = with(valid(), "/signingPolicySlug", json!("gpg-rsa"));
    assert_eq!(emulator.sign_hash(&body).status, 400);
    emulator.shapes(&json!({ "gpg-policy": "on" }));
    let by_gpg = emulator.sign_hash(&body).expect(200)["hashSigningResult"]["signature"].clone();
    let by_x509 = emulator.sign_hash(&valid()).expect(200)["hashSigningResult"]["signature"].clone();
    assert_eq!(by_gpg, by_x509, "both policies have the same key");
    assert_eq!(from_base64(&by_gpg).len(), 256);
}

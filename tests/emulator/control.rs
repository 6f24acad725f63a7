//! The control interface: logs, policies, users, reset.

use serde_json::{Value, json};

use crate::support::http::{Connection, Request};
use crate::support::{ALL_POLICIES, AWKWARD, Emulator, SOME_POLICIES, ecdsa_request, hash, rsa_request};

fn entry_of_p_256(emulator: &Emulator) -> Value {
    emulator.policies("?projectSlug=container-images&signingPolicySlug=p-256")["signingPolicies"][0].clone()
}

fn status_with(emulator: &Emulator, token: &str) -> u16 {
    emulator.send(&Emulator::request("GET", "Cryptoki/MySigningPolicies").bearer(token)).status
}

#[test]
fn the_audit_log_has_every_signing_request_that_was_understood() {
    let emulator = Emulator::start(&[]);
    let mut body = ecdsa_request("p-256", &hash(32));
    body["description"] = json!("nightly");
    body["hashSigningData"]["metadata"] = json!({ "sourceProcess": { "user": "ci" } });
    let signed = emulator.sign_hash(&body).expect(200);
    emulator.sign_hash(&rsa_request("needs-approval", &hash(32), "Sha256")).expect(400);
    emulator.sign_hash(&json!({})).expect(400);

    let audit = emulator.audit();
    assert_eq!(audit.len(), 2, "what was not understood is no signing request");
    let mut first = audit[0].clone();
    let time = first.as_object_mut().unwrap().remove("time").unwrap();
    assert_eq!(time.as_str().unwrap().len(), "2026-11-22T01:01:01.007Z".len());
    assert_eq!(
        first,
        json!({
            "number": 1,
            "signingRequestId": signed["signingRequestId"],
            "user": "all-policies",
            "project": "container-images",
            "signingPolicy": "p-256",
            "algorithm": "Ecdsa Ieee",
            "hash": hash(32).iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "description": "nightly",
            "metadata": { "sourceProcess": { "user": "ci" } },
            "outcome": "Completed",
            "reason": null,
        })
    );
    assert_eq!((&audit[1]["number"], &audit[1]["outcome"]), (&json!(2), &json!("Refused")));
    assert_eq!(
        audit[1]["reason"],
        "The selected signing policy has an approval process. Hash signing does not support approvals."
    );
}

#[test]
fn each_signing_request_is_one_line_on_standard_error_unless_quiet() {
    for (arguments, lines) in [(&[][..], 1), (&["--quiet"][..], 0)] {
        let emulator = Emulator::start(arguments);
        emulator.sign_hash(&rsa_request("rsa-2048", &hash(32), "Sha256")).expect(200);
        let messages = emulator.stop();
        assert_eq!(messages.lines().count(), lines, "{messages}");
        if lines == 1 {
            assert!(messages.starts_with("signing request 1 "), "{messages}");
            assert!(
                messages
                    .contains(" Completed: all-policies container-images/rsa-2048 RsaPkcs1 Sha256 hash 0b")
            );
        }
    }
}

#[test]
fn requests_and_their_connections_are_counted() {
    let emulator = Emulator::start(&[]);
    let mut connection = Connection::open(emulator.address);
    let list = Emulator::request("GET", "Cryptoki/MySigningPolicies?projectSlug=desktop-app");
    connection.send(&list.header("User-Agent", "test/1")).unwrap();
    let sign = Emulator::request("POST", "SigningRequests/SignHash");
    connection.send(&sign.json(&rsa_request("rsa-2048", &hash(20), "Sha256"))).unwrap();

    let report = emulator.observe("requests");
    assert_eq!(report["total"], 2);
    assert_eq!(report["connections"]["withApiRequests"], 1, "both came on one connection");
    let requests = report["requests"].as_array().unwrap();
    assert_eq!(requests[0]["connection"], requests[1]["connection"]);
    assert_eq!(requests[0]["method"], "GET");
    assert_eq!(requests[0]["query"], "projectSlug=desktop-app");
    assert_eq!(requests[0]["userAgent"], "test/1");
    assert_eq!(requests[0]["status"], 200);
    assert!(requests[0]["milliseconds"].as_f64().unwrap() > 0.0);
    assert_eq!(requests[1]["status"], 400);
    assert_eq!(
        requests[1]["refusal"],
        "The hash algorithm does not match the given hash. (20 bytes for RsaPkcs1 Sha256)"
    );
}

#[test]
fn the_request_log_never_holds_a_token() {
    let emulator = Emulator::start(&[]);
    assert_eq!(status_with(&emulator, ALL_POLICIES), 200);
    assert_eq!(status_with(&emulator, "a-wrong-token"), 401);
    let log = emulator.observe("requests").to_string();
    assert!(!log.contains(ALL_POLICIES) && !log.contains("a-wrong-token"), "{log}");
}

#[test]
fn a_web_page_that_somebody_looks_at_changes_nothing() {
    let emulator = Emulator::start(&[]);
    let asked =
        Request::new("POST", "/emulator/reset").header("Origin", "https://page.test").json(&Value::Null);
    let refused = emulator.send(&asked);

    let error = "the control interface answers no web pages, not even those of https://page.test";
    assert_eq!((refused.status, refused.json()), (403, json!({ "error": error })));
}

#[test]
fn an_answer_with_a_text_ends_its_line_and_one_without_has_no_body() {
    let emulator = Emulator::start(&[]);
    let body = |method, path| emulator.send(&Request::new(method, path)).body;

    assert!(body("GET", "/emulator/faults").ends_with(b"]}\n"));
    assert_eq!(body("DELETE", "/emulator/faults"), b"");
}

#[test]
fn a_policy_is_added_and_removed_at_run_time() {
    let emulator = Emulator::start(&[]);
    let added = emulator.control("PUT", "policies/tools/nightly", &json!({ "key": "p-384" }));
    assert_eq!(
        (&added["signingPolicy"], &added["key"], &added["approvalProcess"], &added["certificateType"]),
        (&json!("nightly"), &json!("p-384"), &json!("none"), &json!("X509"))
    );
    let listed = emulator.policies("?projectSlug=tools");
    assert_eq!(listed["signingPolicies"][0]["signingPolicyId"], added["id"]);
    emulator.control("DELETE", "policies/tools/nightly", &Value::Null);
    assert_eq!(emulator.policies("?projectSlug=tools"), json!({ "signingPolicies": [] }));
}

#[test]
fn the_key_of_a_policy_is_replaced_and_its_id_stays() {
    let emulator = Emulator::start(&[]);
    let before = entry_of_p_256(&emulator);
    emulator.control("PUT", "policies/container-images/p-256", &json!({ "key": "p-384" }));
    let after = entry_of_p_256(&emulator);
    assert_eq!(after["signingPolicyId"], before["signingPolicyId"]);
    assert_eq!((&before["keySizeInBits"], &after["keySizeInBits"]), (&json!(256), &json!(384)));
}

#[test]
fn approval_is_switched_on_and_off() {
    let emulator = Emulator::start(&[]);
    let status = || emulator.sign_hash(&ecdsa_request("p-256", &hash(32))).status;
    for (word, expected) in [("required", 400), ("none", 200)] {
        emulator.control("PUT", "policies/container-images/p-256", &json!({ "approvalProcess": word }));
        assert_eq!(status(), expected, "{word}");
    }
}

#[test]
fn a_token_is_revoked_and_given_back() {
    let emulator = Emulator::start(&[]);
    emulator.control("POST", "users/all-policies", &json!({ "tokenState": "revoked" }));
    assert_eq!((status_with(&emulator, ALL_POLICIES), status_with(&emulator, AWKWARD)), (401, 200));
    emulator.control("POST", "users/all-policies", &json!({ "tokenState": "active" }));
    assert_eq!(status_with(&emulator, ALL_POLICIES), 200);
}

#[test]
fn submitter_roles_change() {
    let emulator = Emulator::start(&[]);
    let listed = || {
        let list = Emulator::request("GET", "Cryptoki/MySigningPolicies").bearer(SOME_POLICIES);
        emulator.send(&list).json()["signingPolicies"].as_array().unwrap().len()
    };
    for (roles, expected) in [(json!(["desktop-app/release"]), 1), (json!("all"), 8), (json!([]), 0)] {
        let user = emulator.control("POST", "users/some-policies", &json!({ "submitterOf": roles }));
        assert_eq!(user["submitterOf"], roles);
        assert_eq!(listed(), expected, "{roles}");
    }
}

#[test]
fn a_reset_leaves_nothing_of_what_was_changed() {
    let emulator = Emulator::start(&["--shape", "ec-key-type=Ec"]);
    emulator.shapes(&json!({ "ec-key-type": "EC" }));
    emulator.control("DELETE", "policies/desktop-app/release", &Value::Null);
    emulator.control("POST", "users/all-policies", &json!({ "tokenState": "revoked" }));
    emulator.fault(&json!({ "status": 500 }));
    emulator.control("POST", "reset", &Value::Null);

    assert_eq!(emulator.observe("requests")["total"], 0);
    assert_eq!(emulator.observe("faults"), json!({ "faults": [] }));
    assert_eq!(entry_of_p_256(&emulator)["keyType"], "Ec", "the shapes of the command line");
    assert_eq!(emulator.policies("?projectSlug=desktop-app")["signingPolicies"].as_array().unwrap().len(), 1);
    assert!(emulator.audit().is_empty());
}

#[test]
fn logs_are_emptied_on_their_own() {
    let emulator = Emulator::start(&[]);
    emulator.sign_hash(&ecdsa_request("p-256", &hash(32))).expect(200);
    emulator.control("DELETE", "requests", &Value::Null);
    assert_eq!(emulator.observe("requests")["requests"], json!([]));
    assert_eq!(emulator.audit().len(), 1);
    emulator.control("DELETE", "audit", &Value::Null);
    assert!(emulator.audit().is_empty());
}

#[test]
fn every_shape_is_shown_with_its_values() {
    let emulator = Emulator::start(&["--shape", "gpg-policy=on"]);
    let shapes = emulator.observe("shapes")["shapes"].as_array().unwrap().clone();
    let gpg = shapes.iter().find(|shape| shape["key"] == "gpg-policy").unwrap();
    assert_eq!((&gpg["value"], &gpg["values"]), (&json!("on"), &json!(["off", "on"])));
}

#[test]
fn a_mistake_is_answered_with_what_was_expected() {
    let emulator = Emulator::start(&[]);
    for (method, path, body, status, expected) in [
        (
            "PUT",
            "shapes",
            json!({ "gpg-policy": "perhaps" }),
            400,
            "shape 'gpg-policy' has no value 'perhaps'; choose",
        ),
        ("PUT", "policies/a/b", json!({}), 400, "a new signing policy needs a `key`"),
        (
            "PUT",
            "policies/a/b",
            json!({ "key": "dsa" }),
            400,
            "there is no key 'dsa'; choose one of: p-256, p-384, ",
        ),
        ("DELETE", "policies/a/b", json!({}), 404, "there is no signing policy a/b"),
        ("POST", "users/nobody", json!({}), 404, "there is no user 'nobody'; there are: all-policies, "),
        (
            "POST",
            "users/all-policies",
            json!({ "submitterOf": ["a"] }),
            400,
            "'a' is not of the form project/",
        ),
        ("POST", "faults", json!([{}, { "state": 1 }]), 400, "fault 2: unknown field `state`"),
        ("GET", "secrets", json!({}), 404, "the control interface has no GET secrets; it has: GET audit, "),
    ] {
        let response = emulator.send(&Request::new(method, &format!("/emulator/{path}")).json(&body));
        let error = response.expect(status)["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(expected), "{method} {path}: {error}");
    }
    assert_eq!(emulator.observe("faults"), json!({ "faults": [] }), "one wrong fault queues none");
}

//! Faults: each does what it says to the request it was made for, and nothing to the next.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::http::{Connection, Request};
use crate::support::openssl::verifies;
use crate::support::{Emulator, ecdsa_request, from_base64, hash, rsa_request};

fn list() -> Request {
    Emulator::request("GET", "Cryptoki/MySigningPolicies")
}

fn sign() -> Request {
    Emulator::request("POST", "SigningRequests/SignHash").json(&rsa_request("rsa-2048", &hash(32), "Sha256"))
}

fn signature(emulator: &Emulator) -> Vec<u8> {
    let body = emulator.sign_hash(&rsa_request("rsa-2048", &hash(32), "Sha256")).expect(200);
    from_base64(&body["hashSigningResult"]["signature"])
}

#[test]
fn a_status_is_answered_as_often_as_it_was_asked_for() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "status": 503, "headers": { "Retry-After": "7" }, "body": "busy", "times": 2 }));
    for _ in 0..2 {
        let response = emulator.send(&sign());
        assert_eq!((response.status, response.text()), (503, "busy"));
        assert_eq!(response.header("retry-after"), Some("7"));
    }
    assert_eq!(emulator.send(&sign()).status, 200);
    assert_eq!(emulator.audit().len(), 1, "what was answered by the fault was not signed");
}

#[test]
fn a_status_without_a_body_is_a_problem() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "status": 502 }));
    assert_eq!(emulator.send(&list()).expect(502)["title"], "Bad Gateway");
}

#[test]
fn a_fault_waits_for_its_route() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "route": "signHash", "status": 500 }));
    emulator.fault(&json!({ "route": "mySigningPolicies", "status": 429, "skip": 1 }));
    assert_eq!(emulator.send(&list()).status, 200);
    assert_eq!(emulator.observe("faults")["faults"].as_array().unwrap().len(), 2);
    assert_eq!(emulator.send(&list()).status, 429);
    assert_eq!(emulator.send(&sign()).status, 500);
    assert_eq!(emulator.observe("faults"), json!({ "faults": [] }));
}

#[test]
fn an_answer_is_late_by_the_delay() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "delayMilliseconds": 300 }));
    let start = Instant::now();
    assert_eq!(emulator.send(&list()).status, 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
    let start = Instant::now();
    assert_eq!(emulator.send(&list()).status, 200);
    assert!(start.elapsed() < Duration::from_millis(300));
}

#[test]
fn a_delayed_request_keeps_no_other_waiting() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "route": "signHash", "delayMilliseconds": 1_500 }));
    let mut waiting = Connection::open(emulator.address);
    let request = sign();
    std::thread::scope(|scope| {
        scope.spawn(move || waiting.send(&request));
        while emulator.observe("requests")["total"] == 0 {}
        let start = Instant::now();
        assert_eq!(emulator.send(&sign()).status, 200);
        assert!(start.elapsed() < Duration::from_secs(1));
    });
}

#[test]
fn a_body_drips() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "body": "0123456789", "drip": { "bytes": 2, "everyMilliseconds": 50 } }));
    let start = Instant::now();
    assert_eq!(emulator.send(&list()).text(), "0123456789");
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[test]
fn a_body_stalls_and_goes_on() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "ending": { "stall": { "afterBytes": 10, "milliseconds": 200 } } }));
    let start = Instant::now();
    assert_eq!(emulator.send(&list()).json()["signingPolicies"].as_array().unwrap().len(), 8);
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[test]
fn a_cut_answer_ends_too_early_although_the_request_was_carried_out() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "ending": { "cutAfterBytes": 20 } }));
    let mut connection = Connection::open(emulator.address);
    let reason = connection.send(&sign()).unwrap_err();
    assert_eq!(reason.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(emulator.audit()[0]["outcome"], "Completed");
}

#[test]
fn a_cut_answer_has_exactly_the_bytes_that_were_left() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "body": "0123456789", "ending": { "cutAfterBytes": 4 } }));
    let mut connection = Connection::open(emulator.address);
    connection.send_raw(b"GET /Api/healthz HTTP/1.1\r\nHost: emulator\r\n\r\n").unwrap();
    let (status, headers) = connection.receive_head().unwrap();
    assert_eq!(status, 200);
    assert!(headers.contains(&("content-length".into(), "10".into())));
    assert_eq!(connection.receive_rest().unwrap(), b"0123");
}

#[test]
fn a_connection_is_reset_or_closed_instead_of_an_answer() {
    let emulator = Emulator::start(&[]);
    for (ending, kind) in [("reset", ErrorKind::ConnectionReset), ("hangUp", ErrorKind::UnexpectedEof)] {
        emulator.fault(&json!({ "ending": ending }));
        assert_eq!(Connection::open(emulator.address).send(&sign()).unwrap_err().kind(), kind, "{ending}");
        emulator.fault(&json!({ "ending": ending, "execute": false }));
        assert_eq!(Connection::open(emulator.address).send(&sign()).unwrap_err().kind(), kind, "{ending}");
    }
    assert_eq!(emulator.audit().len(), 2, "only those that were to be carried out");
    let requests = emulator.observe("requests");
    assert_eq!((&requests["total"], &requests["requests"][0]["status"]), (&json!(4), &Value::Null));
}

#[test]
fn a_connection_is_reset_within_the_body() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "body": "0123456789", "ending": { "resetAfterBytes": 4 } }));
    let mut connection = Connection::open(emulator.address);
    assert_eq!(connection.send(&list()).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "ending": "close" }));
    let mut connection = Connection::open(emulator.address);
    let response = connection.send(&list()).unwrap();
    assert_eq!((response.status, response.header("connection")), (200, None));
    assert_eq!(connection.receive_rest().unwrap(), b"");
}

#[test]
fn a_carried_out_request_can_be_answered_otherwise() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "status": 504, "execute": true }));
    assert_eq!(emulator.send(&sign()).status, 504);
    assert_eq!(emulator.audit().len(), 1);
}

#[test]
fn a_signature_is_wrong_or_of_another_length() {
    let emulator = Emulator::start(&[]);
    let right = signature(&emulator);
    emulator.fault(&json!({ "signature": "flipBits" }));
    let wrong = signature(&emulator);
    assert_eq!(wrong.len(), right.len());
    assert!(!verifies("flipped", "rsa-2048", &hash(32), &wrong, &["digest:sha256"]));
    for (fault, length) in [("shorten", 255), ("lengthen", 257)] {
        emulator.fault(&json!({ "signature": fault }));
        assert_eq!(signature(&emulator).len(), length, "{fault}");
    }
    assert_eq!(signature(&emulator), right);
}

#[test]
fn the_real_answer_gets_another_content_type() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "headers": { "Content-Type": "text/html" } }));
    let response = emulator.send(&list());
    assert_eq!((response.status, response.header("content-type")), (200, Some("text/html")));
    assert!(response.json()["signingPolicies"].is_array());
}

#[test]
fn a_redirect_goes_where_it_is_told() {
    let emulator = Emulator::start(&[]);
    emulator.fault(
        &json!({ "status": 307, "headers": { "Location": "https://elsewhere.example/" }, "body": "" }),
    );
    let response = emulator.send(&list());
    assert_eq!((response.status, response.header("location")), (307, Some("https://elsewhere.example/")));
}

#[test]
fn bodies_are_json_of_any_depth_or_of_any_length() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "body": { "json": { "signingPolicies": 1 } } }));
    assert_eq!(emulator.send(&list()).text(), r#"{"signingPolicies":1}"#);
    emulator.fault(&json!({ "body": { "nesting": 100_000 } }));
    assert_eq!(emulator.send(&list()).body, ["[".repeat(100_000), "]".repeat(100_000)].concat().as_bytes());
    emulator.fault(&json!({ "body": { "spaces": 50_000_000 } }));
    assert_eq!(emulator.send(&list()).body.len(), 50_000_000);
}

#[test]
fn faults_reach_paths_that_are_no_route() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "status": 302 }));
    assert_eq!(emulator.send(&Request::new("GET", "/Api/nowhere")).status, 302);
}

#[test]
fn a_curve_can_be_wrong_as_well() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({ "signature": "shorten" }));
    let body = emulator.sign_hash(&ecdsa_request("p-521", &hash(64))).expect(200);
    assert_eq!(from_base64(&body["hashSigningResult"]["signature"]).len(), 131);
}

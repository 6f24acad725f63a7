//! Nothing that a client sends stops the emulator from serving the next one.

use std::time::Duration;

use crate::support::http::{Connection, Request};
use crate::support::{ALL_POLICIES, Emulator, ORGANIZATION, ecdsa_request, hash};

fn assert_serves(emulator: &Emulator) {
    assert_eq!(emulator.send(&Request::new("GET", "/Api/healthz")).status, 200);
}

#[test]
fn what_is_not_http_is_refused() {
    let emulator = Emulator::start(&[]);
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"[..],
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET / HTTP/1.1\r\n:\r\n\r\n",
    ] {
        let mut connection = Connection::open(emulator.address);
        connection.send_raw(bytes).unwrap();
        let answer = connection.receive_rest().unwrap_or_default();
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400 "), "{answer:?}");
    }
    assert_serves(&emulator);
}

fn sign_hash_head(framing: &str) -> String {
    format!(
        "POST /Api/v1/{ORGANIZATION}/SigningRequests/SignHash HTTP/1.1\r\nHost: emulator\r\n\
         Authorization: Bearer {ALL_POLICIES}\r\n{framing}\r\n\r\n"
    )
}

#[test]
fn a_body_that_announces_too_many_bytes_is_refused_at_once() {
    let emulator = Emulator::start(&[]);
    let mut connection = Connection::open(emulator.address);
    connection.send_raw(sign_hash_head("Content-Length: 1000000000000").as_bytes()).unwrap();
    let body = connection.receive().unwrap().expect(413);
    assert_eq!(body["detail"], "The request body is larger than 1048576 bytes.");
    assert_serves(&emulator);
}

#[test]
fn a_body_that_does_not_end_is_refused_at_the_limit() {
    let emulator = Emulator::start(&[]);
    let mut connection = Connection::open(emulator.address);
    connection.send_raw(sign_hash_head("Transfer-Encoding: chunked").as_bytes()).unwrap();
    let chunk = [b"10000\r\n", " ".repeat(0x1_0000).as_bytes(), b"\r\n"].concat();
    for _ in 0..17 {
        connection.send_raw(&chunk).unwrap();
    }
    assert_eq!(connection.receive().unwrap().status, 413);
    assert_serves(&emulator);
}

#[test]
fn nested_and_broken_json_is_refused() {
    let emulator = Emulator::start(&[]);
    let nested = "[".repeat(100_000);
    let metadata = format!("{{\"hashSigningData\":{{\"metadata\":{nested}");
    for body in ["", "{", "null", "[]", "\u{0}", &nested, &metadata] {
        let request = Emulator::request("POST", "SigningRequests/SignHash").body("application/json", body);
        assert_eq!(emulator.send(&request).status, 400);
    }
    assert_serves(&emulator);
}

#[test]
fn broken_forms_are_refused() {
    let emulator = Emulator::start(&[]);
    for (content_type, body) in [
        ("multipart/form-data", ""),
        ("multipart/form-data; boundary=x", ""),
        ("multipart/form-data; boundary=x", "--x\r\n"),
        ("multipart/form-data; boundary=x", "--x\r\n\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--"),
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"Artifact\"\r\n\r\nabc",
        ),
    ] {
        let request = Emulator::request("POST", "SigningRequests").body(content_type, body);
        assert_eq!(emulator.send(&request).status, 400, "{content_type} {body:?}");
    }
    assert_serves(&emulator);
}

#[test]
fn headers_that_are_no_text_count_as_absent() {
    let emulator = Emulator::start(&[]);
    let mut connection = Connection::open(emulator.address);
    let head = format!("GET /Api/v1/{ORGANIZATION}/Cryptoki/MySigningPolicies HTTP/1.1\r\nHost: x\r\n");
    connection.send_raw(head.as_bytes()).unwrap();
    connection.send_raw(b"Authorization: Bearer \xff\xfe\r\nUser-Agent: \xff\r\n\r\n").unwrap();
    assert_eq!(connection.receive().unwrap().status, 401);
    assert_eq!(emulator.observe("requests")["requests"][0]["userAgent"], serde_json::Value::Null);
}

#[test]
fn clients_that_go_away_in_the_middle_leave_nothing_behind() {
    let emulator = Emulator::start(&[]);
    for _ in 0..50 {
        let mut connection = Connection::open(emulator.address);
        connection.send_raw(b"POST /Api/v1/x HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc").unwrap();
    }
    let open = || emulator.observe("requests")["connections"]["open"].as_u64().unwrap();
    for _ in 0..100 {
        if open() == 1 {
            return assert_serves(&emulator);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{} connections are still open", open());
}

#[test]
fn many_clients_sign_at_once() {
    let emulator = Emulator::start(&["--quiet"]);
    let body = ecdsa_request("p-256", &hash(32));
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                let mut connection = Connection::open(emulator.address);
                let request = Emulator::request("POST", "SigningRequests/SignHash").json(&body);
                for _ in 0..8 {
                    assert_eq!(connection.send(&request).unwrap().status, 200);
                }
            });
        }
    });
    let audit = emulator.audit();
    assert_eq!(audit.len(), 256);
    let numbers: Vec<_> = audit.iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=256).collect::<Vec<_>>());
}

//! Clients that mean harm: whatever they send, the emulator refuses it in bounded memory, and serves the next one.

use std::io::Write as _;
use std::net::TcpStream;

use crate::support::files::{fields, form, start, wait_for};
use crate::support::http::{Connection, Request};
use crate::support::{ALL_POLICIES, Emulator, ORGANIZATION, ecdsa_request, fixture, folder, hash, openssl};

/// More than the emulator needs for its own work and less than any of these clients would have it take.
const MOST_MEMORY_IN_KILOBYTES: u64 = 200 << 10;

fn assert_serves(emulator: &Emulator) {
    assert_eq!(emulator.send(&Request::new("GET", "/Api/healthz")).status, 200);
    assert_eq!(emulator.sign_hash(&ecdsa_request("p-256", &hash(32))).status, 200);
    assert!(most_memory(emulator) < MOST_MEMORY_IN_KILOBYTES, "{} kB", most_memory(emulator));
}

/// The most memory that the process ever had (proc(5), `VmHWM`), in kilobytes.
fn most_memory(emulator: &Emulator) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", emulator.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// The status of the answer to some bytes; `None` if the connection is closed without one.
fn status_of(emulator: &Emulator, bytes: &[u8]) -> Option<u16> {
    let mut connection = Connection::open(emulator.address);
    // who is refused in the middle may find the door closed
    let _ = connection.send_raw(bytes);
    connection.receive_head().ok().map(|(status, _)| status)
}

fn head(method: &str, target: &str, more: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\nHost: emulator\r\nAuthorization: Bearer {ALL_POLICIES}\r\n{more}\r\n"
    )
}

fn sign_hash_with(framing: &str) -> String {
    head("POST", &format!("/Api/v1/{ORGANIZATION}/SigningRequests/SignHash"), framing)
}

#[test]
fn a_request_may_end_at_any_byte() {
    let emulator = Emulator::start(&["--quiet"]);
    let body = ecdsa_request("p-256", &hash(32)).to_string();
    let request = format!("{}{body}", sign_hash_with(&format!("Content-Length: {}\r\n", body.len())));
    for length in 0..request.len() {
        let mut stream = TcpStream::connect(emulator.address).unwrap();
        stream.write_all(&request.as_bytes()[..length]).unwrap();
    }
    assert_serves(&emulator);
    assert_eq!(emulator.audit().len(), 1, "only the last one was whole");
}

#[test]
fn heads_without_measure_are_refused() {
    let emulator = Emulator::start(&["--quiet"]);
    let value = "a".repeat(1 << 20);
    let many: String = (0..10_000).map(|number| format!("X-{number}: 1\r\n")).collect();
    let target = format!("/Api/{}", "a".repeat(1 << 20));
    for request in [
        head("GET", "/Api/healthz", &format!("X: {value}\r\n")),
        head("GET", "/Api/healthz", &format!("{value}: X\r\n")),
        head("GET", "/Api/healthz", &many),
        head("GET", &target, ""),
        head(&value, "/Api/healthz", ""),
    ] {
        let status = status_of(&emulator, request.as_bytes());
        assert!(matches!(status, Some(400 | 414 | 431) | None), "{status:?}: {:.40}", request);
    }
    assert_serves(&emulator);
}

#[test]
fn bodies_whose_length_makes_no_sense_are_refused() {
    let emulator = Emulator::start(&["--quiet"]);
    for (framing, body) in [
        ("Content-Length: -1\r\n", ""),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", "{}"),
        ("Content-Length: 99999999999999999999999\r\n", ""),
        ("Transfer-Encoding: chunked\r\n", "zz\r\n"),
        ("Transfer-Encoding: chunked\r\n", "-1\r\n"),
        ("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"),
        ("Transfer-Encoding: chunked\r\n", "2\r\n{}{}{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "2;\n\n\r\n{}\r\n"),
        ("Transfer-Encoding: gzip, chunked, identity\r\n", "2\r\n{}\r\n0\r\n\r\n"),
    ] {
        let status = status_of(&emulator, format!("{}{body}", sign_hash_with(framing)).as_bytes());
        assert!(matches!(status, Some(400 | 413) | None), "{framing:?} {body:?}: {status:?}");
    }
    assert_serves(&emulator);
}

#[test]
fn methods_and_versions_that_nobody_expects_are_refused() {
    let emulator = Emulator::start(&["--quiet"]);
    for request in [
        head("CONNECT", "elsewhere.test:443", ""),
        head("TRACE", "/Api/healthz", ""),
        head("OPTIONS", "*", ""),
        head("GET", "/Api/v1/%2e%2e/%00/\u{fffd}", ""),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
    ] {
        let status = status_of(&emulator, request.as_bytes());
        assert!(matches!(status, Some(400..=499 | 505) | None), "{request:?}: {status:?}");
    }
    assert_serves(&emulator);
}

#[test]
fn a_thousand_requests_at_once_on_one_connection_are_all_answered() {
    let emulator = Emulator::start(&["--quiet"]);
    let mut connection = Connection::open(emulator.address);
    let request = "GET /Api/healthz HTTP/1.1\r\nHost: emulator\r\n\r\n".repeat(1_000);
    connection.send_raw(request.as_bytes()).unwrap();
    for _ in 0..1_000 {
        assert_eq!(connection.receive().unwrap().status, 200);
    }
    assert_serves(&emulator);
}

#[test]
fn forms_without_measure_are_refused() {
    let emulator = start(&["--quiet"]);
    let part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
    let (parts, name) = (part.repeat(15_000), "a".repeat(900_000));
    let long_name = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n\r\n--x--\r\n");
    let long_header = format!("--x\r\n{name}: {name}");
    let boundary = format!("multipart/form-data; boundary={}", "x".repeat(8_000));
    for (content_type, body) in [
        ("multipart/form-data; boundary=x", parts.as_bytes()),
        ("multipart/form-data; boundary=x", long_name.as_bytes()),
        ("multipart/form-data; boundary=x", long_header.as_bytes()),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n\xff\r\n--x--",
        ),
        ("multipart/form-data; boundary=\"", b"--\r\n\r\n----"),
        ("multipart/mixed; boundary=x", b"--x--"),
        (&boundary, b"--x\r\n"),
    ] {
        let route = "SigningRequests/SubmitWithArtifact";
        let status = emulator.send(&Emulator::request("POST", route).body(content_type, body)).status;
        assert!(matches!(status, 400 | 413 | 415), "{:.60} {status}", content_type);
    }
    assert_serves(&emulator);
}

#[test]
fn nested_json_is_refused_everywhere() {
    let emulator = Emulator::start(&["--quiet"]);
    for nested in ["[".repeat(1 << 19), "{\"a\":".repeat(1 << 17)] {
        for target in ["/emulator/faults", "/emulator/workflow", "/emulator/shapes"] {
            for method in ["POST", "PUT"] {
                let request = Request::new(method, target).body("application/json", nested.as_str());
                let status = emulator.send(&request).status;
                assert!(matches!(status, 400 | 404 | 405), "{method} {target}: {status}");
            }
        }
        let request = Emulator::request("POST", "SigningRequests/SignHash").body("application/json", nested);
        assert_eq!(emulator.send(&request).status, 400);
    }
    assert_serves(&emulator);
}

/// What a shell script packs in a folder of the test's own.
fn packed_by(name: &str, script: &str) -> Vec<u8> {
    let folder = folder(name);
    let (is_packed, messages) =
        openssl::run("sh", "dash", &["-c", &format!("cd {} && {script}", folder.display())]);
    assert!(is_packed, "install zip with: sudo apt-get install zip; {messages}");
    std::fs::read(folder.join("artifact.zip")).unwrap()
}

#[test]
fn an_artifact_that_unpacks_without_measure_fails_and_nothing_else_does() {
    let emulator = start(&["--quiet"]);
    let zeros =
        "head -c 300000000 /dev/zero > payload.json && zip -q artifact.zip payload.json; rm payload.json";
    let many = "for n in $(seq 2000); do echo $n > $n.json; done; zip -q artifact.zip *.json";
    let cut = "head -c 100000 /dev/urandom > payload.json; zip -q whole.zip payload.json; \
               head -c 90000 whole.zip > artifact.zip";
    for (name, script) in [("zeros", zeros), ("many", many), ("cut", cut)] {
        let artifact = packed_by(&format!("hostile-{name}"), script);
        assert!(artifact.len() < 1_000_000, "{name}: {} bytes", artifact.len());
        let answer = emulator.send(&form(&fields("p-256", "cosign"), &artifact));
        let id = answer.expect(201)["signingRequestId"].as_str().unwrap().to_owned();
        wait_for(&emulator, &id, "ProcessingFailed");
    }
    assert_serves(&emulator);
}

#[test]
fn two_hundred_clients_that_never_finish_keep_nobody_waiting() {
    let emulator = Emulator::start(&["--quiet"]);
    let request = sign_hash_with("Content-Length: 1000\r\n");
    let mut clients: Vec<_> = (0..200).map(|_| TcpStream::connect(emulator.address).unwrap()).collect();
    // byte by byte: half of them within the head, the others within the body
    for (client, length) in clients.iter_mut().zip([request.len() - 4, request.len()].into_iter().cycle()) {
        client.write_all(&request.as_bytes()[..length]).unwrap();
    }
    for _ in 0..5 {
        for client in &mut clients {
            client.write_all(b" ").unwrap();
        }
        assert_serves(&emulator);
    }
    assert!(emulator.observe("requests")["connections"]["open"].as_u64().unwrap() > 200);
}

#[test]
fn handshakes_that_are_none_and_those_that_never_end_keep_nobody_waiting() {
    let (certificate, key) = (fixture("tls/server.pem"), fixture("tls/server.key.pem"));
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let emulator = Emulator::start(&["--quiet", "--tls-cert", certificate, "--tls-key", key]);
    let mut clients: Vec<_> = (0..200).map(|_| TcpStream::connect(emulator.address).unwrap()).collect();
    let beginnings = [
        &b"\x16\x03\x01\x02\x00\x01"[..],
        b"\x16\x03\x01\xff\xff\xff\xff\xff\xff",
        b"GET / HTTP/1.1\r\n\r\n",
        b"",
    ];
    for (client, beginning) in clients.iter_mut().zip(beginnings.into_iter().cycle()) {
        client.write_all(beginning).unwrap();
    }
    let mut connection = Connection::open_tls(emulator.address, "localhost", &fixture("tls/ca.pem"));
    assert_eq!(connection.send(&Request::new("GET", "/Api/healthz")).unwrap().status, 200);
    drop(clients);
}

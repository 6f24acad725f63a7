//! Broken: the way to the service.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::json;

use super::{fails, only_cause, sound, warns};
use crate::desk::Desk;
use crate::support::bench::{fixture, succeeds};

fn desk() -> Desk {
    super::desk()
}

/// A port on which nobody listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A desk whose emulator speaks TLS with a certificate of these files, on an address.
fn with_tls(address: &str, certificate: &str, key: &str) -> Desk {
    let listen = format!("{address}:0");
    let desk = sound(Desk::with(&["--listen", &listen, "--tls-cert", certificate, "--tls-key", key]));
    desk.and_variable("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", fixture("tls/ca.pem"))
}

fn with_fixture_tls(address: &str) -> Desk {
    with_tls(address, &fixture("tls/server.pem"), &fixture("tls/server.key.pem"))
}

/// A desk whose server has a certificate of the fixtures' authority that was valid within 2020 only.
fn with_expired_certificate() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("index"), "").unwrap();
    let configuration = format!(
        "[ca]\ndefault_ca = own\n[own]\ndatabase = {}\nnew_certs_dir = {}\nrand_serial = yes\npolicy = any\n\
         default_md = sha256\nx509_extensions = server\n[any]\ncommonName = supplied\n[server]\n\
         subjectAltName = IP:127.0.0.1\nbasicConstraints = CA:FALSE\n[req]\ndistinguished_name = none\n[none]\n",
        path("index"),
        folder.path().display()
    );
    std::fs::write(path("openssl.cnf"), configuration).unwrap();
    let openssl = |arguments: &[&str]| {
        let program = crate::support::artifacts::program("openssl", "openssl");
        succeeds(
            std::process::Command::new(program).args(arguments).env("OPENSSL_CONF", path("openssl.cnf")),
        );
    };
    let key = fixture("tls/server.key.pem");
    openssl(&["req", "-new", "-key", &key, "-subj", "/CN=localhost", "-out", &path("request.pem")]);
    let (authority, authority_key) = (fixture("tls/ca.pem"), fixture("tls/ca.key.pem"));
    let signing = ["ca", "-batch", "-notext", "-cert", &authority, "-keyfile", &authority_key];
    let validity = ["-startdate", "20200101000000Z", "-enddate", "20201231235959Z"];
    let files = ["-in", &path("request.pem"), "-out", &path("server.pem")];
    openssl(&[&signing[..], &validity, &files].concat());
    with_tls("127.0.0.1", &path("server.pem"), &key)
}

/// A server of openssl that wants a client certificate, gone with the value.
struct Demanding {
    child: Child,
    address: String,
}

impl Demanding {
    fn start() -> Self {
        let program = crate::support::artifacts::program("openssl", "openssl");
        let mut child = Command::new(program)
            .args(["s_server", "-accept", "127.0.0.1:0", "-Verify", "1", "-verify_return_error", "-www"])
            .args(["-cert", &fixture("tls/server.pem"), "-key", &fixture("tls/server.key.pem")])
            .args(["-CAfile", &fixture("tls/ca.pem")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.find_map(|line| line.unwrap().strip_prefix("ACCEPT ").map(str::to_owned));
        Self { child, address: ready.expect("a line when ready") }
    }
}

impl Drop for Demanding {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A proxy on loopback that answers its first request with this, and then, if it is told to, passes bytes on.
fn proxy(answer: &'static str, to: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            (&client).write_all(answer.as_bytes()).unwrap();
            if let Some(address) = &to {
                pass_on(client, TcpStream::connect(address).unwrap());
            }
        }
    });
    address
}

fn pass_on(client: TcpStream, server: TcpStream) {
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
    let (mut from_server, mut to_client) = (server, client);
    thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
}

fn by_proxy(address: &str) -> Desk {
    desk()
        .and_variable("SIGNPATH_API_URL", "https://signpath.invalid/Api")
        .and_variable("https_proxy", format!("http://user:recognisable@{address}"))
}

#[test]
fn a_name_that_nobody_knows() {
    let desk = desk().and_variable("SIGNPATH_API_URL", "https://signpath.invalid/Api");

    fails(&desk, 6, &[], "name-resolution", "signpath.invalid cannot be resolved", "check ApiUrl");
}

#[test]
fn a_port_on_which_nobody_listens() {
    let desk = desk().and_variable("SIGNPATH_API_URL", format!("http://127.0.0.1:{}/Api", closed_port()));

    fails(&desk, 6, &[], "tcp", "Connection refused", "check the port in ApiUrl");
}

#[test]
fn a_proxy_that_is_not_there() {
    let address = format!("127.0.0.1:{}", closed_port());

    fails(&by_proxy(&address), 6, &[], "proxy", &format!("{address} cannot be reached"), "HttpProxy");
}

#[test]
fn a_proxy_that_wants_a_password() {
    let address = proxy("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", None);

    fails(
        &by_proxy(&address),
        6,
        &[],
        "proxy",
        "wants user and password (407)",
        "http://user:password@host:port",
    );
}

#[test]
fn a_proxy_that_does_not_let_through() {
    let address = proxy("HTTP/1.1 403 Forbidden\r\n\r\n", None);

    fails(
        &by_proxy(&address),
        6,
        &[],
        "proxy",
        "does not connect to signpath.invalid:443: 403 Forbidden",
        "NoProxy",
    );
}

#[test]
fn a_proxy_that_is_a_web_server_of_another_kind() {
    let address = proxy("SSH-2.0-OpenSSH_9.2\r\n\r\n", None);

    fails(&by_proxy(&address), 6, &[], "proxy", "is no HTTP proxy", "check HttpProxy");
}

#[test]
fn a_proxy_that_looks_into_tls() {
    let server = with_fixture_tls("127.0.0.1");
    let address =
        proxy("HTTP/1.1 200 OK\r\n\r\n", Some(server.bench.emulator.origin.replace("https://", "")));

    fails(
        &by_proxy(&address),
        6,
        &[],
        "tls",
        "an authority that is not trusted here",
        "a proxy that looks into TLS",
    );
}

#[test]
fn a_proxy_that_is_excepted_is_not_used() {
    let address = format!("127.0.0.1:{}", closed_port());
    let desk = by_proxy(&address).and_variable("no_proxy", ".invalid");

    fails(&desk, 6, &[], "name-resolution", "signpath.invalid cannot be resolved", "check ApiUrl");
}

#[test]
fn a_proxy_by_tls_is_left_to_the_requests_themselves() {
    let desk = by_proxy("")
        .and_variable("https_proxy", format!("https://127.0.0.1:{}", closed_port()))
        .and_variable("SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS", "1");

    fails(&desk, 6, &[], "api", "Connection refused", "the proxy (HttpProxy, https_proxy)");
}

#[test]
fn a_server_that_speaks_no_tls() {
    let desk = desk();
    let address = desk.bench.emulator.api().replace("http://", "https://");
    let desk = desk.and_variable("SIGNPATH_API_URL", address);

    fails(&desk, 6, &[], "tls", "", "the server must speak TLS 1.2 or 1.3");
}

#[test]
fn a_port_of_tls_that_is_asked_without_tls() {
    let desk = with_fixture_tls("127.0.0.1");
    let address = desk.bench.emulator.api().replace("https://", "http://");
    let desk = desk.and_variable("SIGNPATH_API_URL", address);

    fails(&desk, 6, &[], "health", "this port speaks TLS, not plain HTTP", "https://");
}

#[test]
fn an_authority_that_is_not_trusted() {
    let desk = with_fixture_tls("127.0.0.1").without_variable("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES");

    fails(&desk, 6, &[], "tls", "of an authority that is not trusted here", "TlsCertificateAuthorities");
    let message = desk.fails(6, &["keys"]);
    assert!(message.ends_with("[SP2201]"), "every command ends with the same exit code: {message}");
}

#[test]
fn a_file_of_authorities_that_is_not_there() {
    let desk =
        with_fixture_tls("127.0.0.1").and_variable("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", "/no/ca.pem");

    fails(
        &desk,
        3,
        &[],
        "tls",
        "reading TlsCertificateAuthorities /no/ca.pem",
        "correct TlsCertificateAuthorities",
    );
}

#[test]
fn a_server_that_wants_a_client_certificate() {
    let server = Demanding::start();
    let desk = with_fixture_tls("127.0.0.1")
        .and_variable("SIGNPATH_API_URL", format!("https://{}/Api", server.address));

    fails(&desk, 6, &[], "tls", "CertificateRequired", "TlsClientCertificate");
}

#[test]
fn a_certificate_for_another_host() {
    fails(&with_fixture_tls("127.0.0.2"), 6, &[], "tls", "not for 127.0.0.2", "check the host in ApiUrl");
}

#[test]
fn a_certificate_that_has_expired() {
    fails(&with_expired_certificate(), 6, &[], "tls", "expired", "must be renewed");
}

#[test]
fn a_clock_by_which_the_certificate_has_expired() {
    let desk = with_expired_certificate();
    let fault = json!({ "headers": { "Date": "Wed, 01 Jul 2020 00:00:00 GMT" } }).to_string();
    let faults = format!("{}/emulator/faults", desk.bench.emulator.origin);
    // the emulator's own interface has that certificate, too
    succeeds(desk.bench.command("curl", "curl").args(["--silent", "--insecure", "--data", &fault, &faults]));

    fails(&desk, 6, &[], "tls", "not valid by this machine's clock, but by the server's", "set the clock");
}

#[test]
fn a_clock_that_is_behind() {
    let desk = desk();
    let fault = json!({ "route": "health", "headers": { "Date": "Sat, 01 Jan 2095 00:00:00 GMT" } });
    desk.bench.emulator.tell("POST", "faults", fault);

    warns(&desk, &[], "clock", "s behind the service's", "set the clock");
}

#[test]
fn a_server_that_ends_the_connection_without_an_answer() {
    let desk = desk();
    desk.bench.emulator.tell("POST", "faults", json!({ "route": "health", "ending": "hangUp" }));

    fails(&desk, 6, &[], "health", "/Api/healthz: the answer is not HTTP", "what stands between");
}

#[test]
fn a_connection_by_tls_in_which_everything_is_right() {
    let desk = with_fixture_tls("127.0.0.1");
    let report = desk.line(&["doctor"]);

    assert!(report.contains("✓ tls                     TLS 1.3\n"), "{report}");
    assert!(report.contains("valid from "), "{report}");
    desk.bench.emulator.tell("POST", "reset", json!({}));
    desk.bench.emulator.tell("POST", "faults", json!({ "route": "health", "status": 503 }));
    assert_eq!(only_cause(&desk, 6, &[]).name, "health");
}

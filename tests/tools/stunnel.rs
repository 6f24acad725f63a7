//! stunnel, as client and as server, with keys of the token. It loads OpenSSL's engine by its own configuration.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::openssl::{get_by_tls, tls_certificate};
use crate::openssl_conf::require_engine;
use crate::server::{Server, demanding_server, free_port};
use crate::support::bench::{Bench, LIST, SIGN, fixture, module, uri, with_each_credentials};

/// Starts stunnel with one service on a port of its own.
fn start_stunnel(bench: &Bench, key: &str, service: &str) -> Server {
    require_engine(bench);
    let port = free_port();
    bench.write("stunnel.conf", configuration(bench, key, port, service));
    let mut stunnel = bench.command("stunnel", "stunnel4");
    Server::start_announced(bench, stunnel.arg("stunnel.conf"), port, "Configuration successful")
}

fn configuration(bench: &Bench, key: &str, port: u16, service: &str) -> String {
    let (module, certificate, uri) = (module(), tls_certificate(bench, key), uri(key, "private"));
    let pin = bench.pin().map_or_else(String::new, |pin| format!("engineCtrl = PIN:{pin}\n"));
    format!(
        "foreground = yes\n\
        pid =\n\
        syslog = no\n\
        engine = pkcs11\n\
        engineCtrl = MODULE_PATH:{module}\n\
        {pin}\
        [service]\n\
        accept = 127.0.0.1:{port}\n\
        engineId = pkcs11\n\
        cert = {certificate}\n\
        key = {uri}\n\
        {service}"
    )
}

/// Leads to a TLS server, as a client with a certificate.
fn client_service(server: &Server) -> String {
    let (port, authority) = (server.port, fixture("tls/ca.pem"));
    format!(
        "client = yes\n\
        connect = 127.0.0.1:{port}\n\
        CAfile = {authority}\n\
        verifyChain = yes\n\
        checkIP = 127.0.0.1\n"
    )
}

/// Takes TLS connections, and has a program answer each when it has read the whole request: one that ended earlier would
/// have stunnel reset the connection, perhaps before the answer is out.
fn server_service(bench: &Bench) -> &'static str {
    bench.write("answer.sh", "read request; read end; echo answered behind stunnel\n");
    "exec = /bin/sh\nexecArgs = sh answer.sh\n"
}

/// Fails unless the server behind stunnel answers.
fn assert_answers(bench: &Bench, stunnel: &Server) {
    let answer = get_by_tls(bench, stunnel.port, &[]);
    assert!(answer.contains("answered behind stunnel\n"), "{answer}");
}

/// Asks for a page without TLS.
fn get(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

#[test]
fn as_client_shows_a_certificate_with_rsa_and_ec() {
    with_each_credentials(|bench| {
        for key in ["rsa-2048", "p-256"] {
            let server = demanding_server(bench);
            let stunnel = start_stunnel(bench, key, &client_service(&server));
            let page = get(stunnel.port);
            assert!(page.contains(&format!("Subject: CN={key}\n")), "{page}");
            bench.expect_requests(&[LIST, SIGN]);
        }
    });
}

#[test]
fn as_server_signs_with_rsa_and_ec() {
    with_each_credentials(|bench| {
        for key in ["rsa-2048", "p-256"] {
            let stunnel = start_stunnel(bench, key, server_service(bench));
            assert_answers(bench, &stunnel);
            assert_eq!(bench.signers(), [bench.user()]);
            bench.expect_requests(&[LIST, SIGN]);
        }
    });
}

#[test]
fn as_server_signs_once_for_each_of_several_clients() {
    with_each_credentials(|bench| {
        let stunnel = start_stunnel(bench, "p-256", server_service(bench));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_answers(bench, &stunnel));
            }
        });
        bench.expect_requests(&[LIST, SIGN, SIGN, SIGN, SIGN]);
    });
}

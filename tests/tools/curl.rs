//! curl shows a client certificate whose key is on the token, by OpenSSL's engine: Debian's curl is one with OpenSSL.

use std::process::Command;

use crate::openssl::{openssl, tls_certificate};
use crate::openssl_conf::openssl_conf;
use crate::server::{Server, demanding_server};
use crate::support::bench::{Bench, LIST, SIGN, fixture, succeeds, uri, with_each_credentials};

/// curl asks a server that demands a client certificate for its page; the page.
fn get(bench: &Bench, port: u16, options: &[&str]) -> String {
    let mut curl: Command = bench.command("curl", "curl");
    curl.env("OPENSSL_CONF", openssl_conf(bench));
    // No file of the user's, and no proxy.
    curl.args(["-q", "--silent", "--show-error", "--noproxy", "*", "--cacert", &fixture("tls/ca.pem")]);
    curl.args(options).arg(format!("https://127.0.0.1:{port}/"));
    succeeds(&mut curl)
}

/// Fails unless curl, with a key of the token and a TLS version, is let in as the owner of the key's certificate, by
/// one signature.
fn assert_is_let_in(bench: &Bench, key: &str, version: &[&str], protocol: &str) {
    let (server, certificate, key_uri) =
        (demanding_server(bench), tls_certificate(bench, key), uri(key, "private"));
    let own = ["--engine", "pkcs11", "--key-type", "ENG", "--key", &key_uri, "--cert", &certificate];
    let page = get(bench, server.port, &[&own, version].concat());
    assert!(page.contains(&format!("New, {protocol}, ")), "{page}");
    assert!(page.contains(&format!("Subject: CN={key}\n")), "{page}");
    assert_eq!(bench.signers(), [bench.user()]);
    bench.expect_requests(&[LIST, SIGN]);
}

/// A server that takes every client certificate: those on the token are for code signing, which is no purpose for TLS.
fn undemanding_server(bench: &Bench) -> Server {
    let (certificate, key) = (fixture("tls/server.pem"), fixture("tls/server.key.pem"));
    Server::start_s_server(bench, &mut openssl(bench), &["-cert", &certificate, "-key", &key, "-Verify", "1"])
}

#[test]
fn shows_a_client_certificate_with_rsa_and_ec_in_tls_1_3() {
    with_each_credentials(|bench| {
        for key in ["rsa-2048", "p-256", "p-384"] {
            assert_is_let_in(bench, key, &["--tlsv1.3"], "TLSv1.3");
        }
    });
}

#[test]
fn shows_a_client_certificate_with_rsa_and_ec_in_tls_1_2() {
    with_each_credentials(|bench| {
        for key in ["rsa-2048", "p-256"] {
            assert_is_let_in(bench, key, &["--tls-max", "1.2"], "TLSv1.2");
        }
    });
}

#[test]
fn takes_the_certificate_from_the_token_too() {
    with_each_credentials(|bench| {
        let (key, certificate) = (uri("p-256", "private"), uri("p-256", "cert"));
        let own = [
            "--engine",
            "pkcs11",
            "--key-type",
            "ENG",
            "--key",
            &key,
            "--cert-type",
            "ENG",
            "--cert",
            &certificate,
        ];
        let page = get(bench, undemanding_server(bench).port, &own);
        assert!(page.contains("CN=p-256\n"), "{page}");
        bench.expect_requests(&[LIST, SIGN]);
    });
}

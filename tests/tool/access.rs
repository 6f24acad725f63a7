//! How registries are reached: credentials, TLS, and no plain HTTP beyond this machine.

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::bench::{Bench, digest, public_key};
use crate::gate::Gate;
use crate::support::bench::fixture;
use crate::support::tools::Registry;

const USER: &str = "somebody";
const PASSWORD: &str = "pa:ss word";
/// The password as htpasswd keeps it: bcrypt, which is all that the registry reads.
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuDvFYunEEkRAUw6hKd4mLN/wdxTQz.ki";

/// A registry that asks for a password, with an image in it; crane knows the password from a folder of its own.
fn with_password() -> (Bench, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("htpasswd");
    std::fs::write(&file, format!("{USER}:{HASH}\n")).unwrap();
    let registry = Registry::with_variables(&[
        ("REGISTRY_AUTH", "htpasswd".to_owned()),
        ("REGISTRY_AUTH_HTPASSWD_REALM", "here".to_owned()),
        ("REGISTRY_AUTH_HTPASSWD_PATH", file.to_str().unwrap().to_owned()),
    ]);
    let login = json!({ "auths": { &registry.address: { "auth": BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}")) } } });
    std::fs::write(folder.path().join("config.json"), login.to_string()).unwrap();
    let bench = Bench::with(registry).and_variable("DOCKER_CONFIG", folder.path().to_str().unwrap());
    let image = bench.push_image("app");
    (bench.without_variables().keeping(folder), image)
}

/// Makes, attaches and verifies a signature in both formats.
fn works(bench: &Bench, image: &str, options: &[&str]) {
    for format in ["simple-signing", "bundle"] {
        let (payload, signature) = bench.signed("p-256", image, &["--format", format]);
        let key = public_key("p-256");
        let files = ["--payload", &payload, "--signature", &signature, "--key", &key];
        bench.tool(&[&["attach", image], &files[..], options].concat());
        bench.tool(&[&["verify", image, "--format", format, "--key", &key], options].concat());
    }
}

/// Writes what `docker login` leaves behind.
fn docker_configuration(bench: &Bench, content: &serde_json::Value) {
    std::fs::create_dir_all(bench.path(".docker")).unwrap();
    bench.write(".docker/config.json", content.to_string());
}

#[test]
fn the_credentials_of_docker_login_are_used() {
    let (bench, image) = with_password();
    let auth = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
    docker_configuration(&bench, &json!({ "auths": { &bench.registry.address: { "auth": auth } } }));

    works(&bench, &image, &[]);
}

/// Puts a credential helper where the tool finds it.
fn helper(bench: &Bench, script: &str) {
    let path = bench.write("docker-credential-of-the-test", format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_credential_helper_is_asked() {
    let (bench, image) = with_password();
    let address = &bench.registry.address;
    docker_configuration(&bench, &json!({ "credHelpers": { address: "of-the-test" } }));
    let answer = json!({ "ServerURL": address, "Username": USER, "Secret": PASSWORD });
    helper(&bench, &format!("test \"$1 $(cat)\" = 'get {address}' && echo '{answer}'"));

    works(&bench, &image, &[]);
}

#[test]
fn a_credential_helper_that_knows_nothing_is_no_hindrance() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    docker_configuration(&bench, &json!({ "credsStore": "of-the-test" }));
    helper(&bench, "cat >&2; echo credentials not found in native keychain; exit 1");

    works(&bench, &image, &[]);
}

#[test]
fn an_identity_token_is_refused_with_a_remedy() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    let address = &bench.registry.address;
    docker_configuration(&bench, &json!({ "auths": { address: { "identitytoken": "recognisable" } } }));
    let message = bench.tool_fails(7, &["verify", "--key", &public_key("p-256"), &image]);

    assert_eq!(
        message,
        format!(
            "error: the credentials for {address} in {} are an identity token, which only docker can use; log in with \
             user name and password, or give --registry-username and --registry-password-stdin",
            bench.path(".docker/config.json").display()
        )
    );
}

#[test]
fn a_name_and_password_on_the_command_line_beat_those_of_docker_login() {
    let (bench, image) = with_password();
    let auth = BASE64_STANDARD.encode("somebody:else");
    docker_configuration(&bench, &json!({ "auths": { &bench.registry.address: { "auth": auth } } }));

    works(&bench, &image, &["--registry-username", USER, "--registry-password", PASSWORD]);
}

#[test]
fn a_password_on_standard_input_is_used_and_none_is_said() {
    let (bench, image) = with_password();
    let verify = ["verify", &image, "--key", &public_key("p-256"), "--registry-username", USER];
    let message = |password: &str| {
        let arguments = [&verify[..], &["--registry-password-stdin"]].concat();
        let mut child =
            bench.command(&arguments).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap()
    };

    assert!(message(PASSWORD).contains("no signature"), "{}", message(PASSWORD));
    assert!(message(&format!("{PASSWORD}\r\n")).contains("no signature"));
    assert!(message("another").contains("401"), "{}", message("another"));
    assert_eq!(
        message("\n"),
        "error: there is no password on standard input; pipe it into the command: printf '%s' \"$PASSWORD\" | \
         signpath-tool …\n"
    );
}

#[test]
fn a_token_of_the_registrys_token_service_is_asked_for_again_when_it_has_expired() {
    let bench = Bench::new();
    let direct = bench.push_image("app");
    let gate = Gate::with_tokens(&bench.registry.address);
    let image = format!("{}/app@{}", gate.address, digest(&direct));
    works(&bench, &image, &[]);

    let asked = |request: &&String| request.starts_with("get /token?") && !request.contains("push");
    assert!(gate.requests().iter().filter(asked).count() > 4, "{:#?}", gate.requests());
}

#[test]
fn a_token_on_the_command_line_is_sent() {
    let bench = Bench::new();
    let direct = bench.push_image("app");
    let gate = Gate::without_referrers(&bench.registry.address);
    let image = format!("{}/app@{}", gate.address, digest(&direct));
    works(&bench, &image, &["--registry-token", "of-the-test"]);
    let with_token = |request: &String| request.contains("\r\nauthorization: bearer of-the-test\r\n");

    assert!(!gate.requests().is_empty());
    assert_eq!(gate.requests().iter().filter(|request| !with_token(request)).count(), 0);
}

#[test]
fn a_registry_that_is_busy_is_asked_again() {
    let bench = Bench::new();
    let direct = bench.push_image("app");
    let gate = Gate::busy_at_first(&bench.registry.address);

    works(&bench, &format!("{}/app@{}", gate.address, digest(&direct)), &[]);
}

#[test]
fn a_registry_that_does_not_know_for_a_moment_what_it_was_sent_is_sent_it_again() {
    let bench = Bench::new();
    let direct = bench.push_image("app");
    let gate = Gate::forgetting_at_first(&bench.registry.address);

    works(&bench, &format!("{}/app@{}", gate.address, digest(&direct)), &[]);
}

#[test]
fn without_credentials_the_message_says_how_to_log_in() {
    let (bench, image) = with_password();
    let message = bench.tool_fails(7, &["verify", "--key", &public_key("p-256"), &image]);

    let (reading, remedy) = ("the registry answered 401", format!("docker login {}", bench.registry.address));
    assert!(message.ends_with(&format!("{reading}; log in: {remedy}")), "{message}");
}

#[test]
fn a_broken_credential_helper_is_told_without_what_it_printed() {
    let (bench, image) = with_password();
    docker_configuration(&bench, &json!({ "credsStore": "of-the-test" }));
    helper(&bench, "cat >&2; echo secret; echo ' locked' >&2; exit 1");
    let message = bench.tool_fails(7, &["verify", "--key", &public_key("p-256"), &image]);

    assert_eq!(
        message,
        format!(
            "error: reading the credentials for {} from {}: docker-credential-of-the-test failed: {} locked; log in again",
            bench.registry.address,
            bench.path(".docker/config.json").display(),
            bench.registry.address
        )
    );
}

/// A registry that speaks TLS with the fixtures' certificate, with an image in it.
fn with_tls() -> (Bench, String) {
    let registry = Registry::with_variables(&[
        ("REGISTRY_HTTP_TLS_CERTIFICATE", fixture("tls/server.pem")),
        ("REGISTRY_HTTP_TLS_KEY", fixture("tls/server.key.pem")),
    ]);
    let bench = Bench::with(registry).and_variable("SSL_CERT_FILE", fixture("tls/ca.pem"));
    let image = bench.push_image("app");
    (bench.without_variables(), image)
}

#[test]
fn a_registry_with_a_certificate_of_ones_own_authority_is_reached_by_tls() {
    let (bench, image) = with_tls();

    works(&bench, &image, &["--registry-cacert", &fixture("tls/ca.pem")]);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_unless_that_is_allowed() {
    let (bench, image) = with_tls();
    let verify = ["verify", "--key", &public_key("p-256"), &image];
    let message = bench.tool_fails(7, &verify);
    let remedy = "; an authority of your own goes into --registry-cacert";
    assert!(message.ends_with(remedy), "{message}");

    let address = &bench.registry.address;
    let output = bench.command(&[&verify[..], &["--allow-insecure-registry"]].concat()).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "warning: the certificate of {address} is not checked\n\
             error: {image} has no signature; attach one, or check the name\n"
        )
    );
}

#[test]
fn no_other_machine_is_asked_by_plain_http() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (connection, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(connection).read_line(&mut line).unwrap();
        line
    });
    let bench = Bench::new().and_variable("http_proxy", &*proxy).and_variable("https_proxy", &*proxy);
    bench.tool_fails(7, &["generate", "registry.example.com/app:latest"]);

    assert_eq!(asked.join().unwrap(), "CONNECT registry.example.com:443 HTTP/1.1\r\n");
}

#[test]
fn a_registry_on_this_machine_is_not_asked_by_way_of_a_proxy() {
    let proxy = "http://127.0.0.1:1";
    let bench = Bench::new();
    let image = bench.push_image("app");
    let bench = bench.and_variable("http_proxy", proxy).and_variable("https_proxy", proxy);

    works(&bench, &image, &[]);
}

//! Starting and ending: arguments, the ready line, the environment file, TLS.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::process::Command;

use crate::support::http::{Connection, Request};
use crate::support::{
    ALL_POLICIES, AWKWARD, Emulator, NO_POLICIES, ORGANIZATION, SOME_POLICIES, command, fixture, folder,
    openssl, refusal,
};

fn tls_arguments() -> Vec<String> {
    let path = |file| fixture(file).to_str().unwrap().to_owned();
    vec!["--tls-cert".into(), path("tls/server.pem"), "--tls-key".into(), path("tls/server.key.pem")]
}

#[test]
fn the_ready_line_says_where_and_for_whom() {
    let emulator = Emulator::start(&[]);
    assert_eq!(
        emulator.ready_line,
        format!(
            "signpath-emulator listening on http://{}/Api (organization {ORGANIZATION})",
            emulator.address
        )
    );
    assert_eq!(emulator.address.ip().to_string(), "127.0.0.1");
}

#[test]
fn an_address_that_others_can_reach_must_be_wanted() {
    let message = refusal(&["--listen", "0.0.0.0:0"]);
    assert!(message.contains("--listen 0.0.0.0:0 is not a loopback address"), "{message}");
    assert!(message.trim_end().ends_with("add --allow-remote-clients if that is what you want"), "{message}");
    let emulator = Emulator::start(&["--listen", "0.0.0.0:0", "--allow-remote-clients"]);
    assert_eq!(emulator.send(&Request::new("GET", "/Api/healthz")).status, 200);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let emulator = Emulator::start(&[]);
    let address = emulator.address.to_string();
    let message = refusal(&["--listen", &address]);
    assert!(message.starts_with(&format!("signpath-emulator: cannot listen on {address}: ")), "{message}");
}

#[test]
fn it_ends_cleanly_with_standard_input_and_with_signals() {
    assert_eq!(Emulator::start(&[]).stop(), "");
    for signal in ["-INT", "-TERM"] {
        let emulator = Emulator::start(&[]);
        let _open = Connection::open(emulator.address);
        let (sent, messages) = openssl::run("kill", "procps", &[signal, &emulator.id().to_string()]);
        assert!(sent, "{messages}");
        assert!(emulator.wait().success(), "{signal}");
    }
}

#[test]
fn the_environment_file_is_for_its_owner_and_a_shell() {
    let folder = folder("environment's");
    let file = folder.join("emulator.env");
    fs::write(&file, "something older").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let emulator = Emulator::start(&["--env-file", file.to_str().unwrap()]);

    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left there");
    let script = r#". "$1"; printf '%s\n' "$SIGNPATH_API_URL" "$SIGNPATH_ORGANIZATION_ID" "$SIGNPATH_API_TOKEN" \
        "$SIGNPATH_EMULATOR_TOKEN_SOME_POLICIES" "$SIGNPATH_EMULATOR_TOKEN_NO_POLICIES" \
        "$SIGNPATH_EMULATOR_TOKEN_AWKWARD" "$SIGNPATH_EMULATOR_CONTROL_URL""#;
    let output = Command::new("sh").args(["-c", script, "sh"]).arg(&file).output().unwrap();
    let origin = format!("http://{}", emulator.address);
    let (api, control) = (format!("{origin}/Api"), format!("{origin}/emulator"));
    let expected =
        [&api, ORGANIZATION, ALL_POLICIES, SOME_POLICIES, NO_POLICIES, AWKWARD, &control].join("\n") + "\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn an_environment_file_is_written_where_a_link_leads_to() {
    let folder = folder("environment's link");
    let link = folder.join("link");
    fs::write(folder.join("emulator.env"), "something older").unwrap();
    std::os::unix::fs::symlink("emulator.env", &link).unwrap();
    let _emulator = Emulator::start(&["--env-file", link.to_str().unwrap()]);

    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(folder.join("emulator.env")).unwrap().starts_with("export SIGNPATH_API_URL="));
}

#[test]
fn what_is_no_file_is_not_replaced_by_an_environment_file() {
    let pipe = folder("environment's pipe").join("pipe");
    let (made, messages) = openssl::run("mkfifo", "coreutils", &[pipe.to_str().unwrap()]);
    assert!(made, "{messages}");
    let message = refusal(&["--env-file", pipe.to_str().unwrap()]);

    assert!(message.contains("it is no file; name one, or one that is not there yet"), "{message}");
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn tls_is_spoken_for_every_name_of_the_certificate() {
    let folder = folder("tls's");
    let file = folder.join("emulator.env");
    let authority = fixture("tls/ca.pem");
    let mut arguments = tls_arguments();
    arguments.extend(
        ["--tls-ca", authority.to_str().unwrap(), "--env-file", file.to_str().unwrap()].map(str::to_owned),
    );
    let emulator = Emulator::start_with(command().args(&arguments));
    assert!(emulator.ready_line.contains("listening on https://127.0.0.1:"), "{}", emulator.ready_line);
    for name in ["localhost", "127.0.0.1", "::1"] {
        let mut connection = Connection::open_tls(emulator.address, name, &authority);
        let response = connection.send(&Emulator::request("GET", "Cryptoki/MySigningPolicies")).unwrap();
        assert_eq!(response.status, 200, "{name}");
    }
    let environment = fs::read_to_string(&file).unwrap();
    let expected = format!("export SSL_CERT_FILE='{}'\n", authority.display());
    assert!(environment.ends_with(&expected), "{environment}");
}

#[test]
fn faults_work_over_tls_as_well() {
    let emulator = Emulator::start_with(command().args(tls_arguments()));
    let authority = fixture("tls/ca.pem");
    let open = || Connection::open_tls(emulator.address, "localhost", &authority);
    let fault = |body: &str| {
        let request = Request::new("POST", "/emulator/faults").body("application/json", body);
        assert_eq!(open().send(&request).unwrap().status, 204);
    };
    let list = Emulator::request("GET", "Cryptoki/MySigningPolicies");
    fault(r#"{"ending":{"cutAfterBytes":10}}"#);
    assert_eq!(open().send(&list).unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    fault(r#"{"ending":"reset"}"#);
    assert_eq!(open().send(&list).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    fault(r#"{"ending":"close"}"#);
    let mut connection = open();
    assert_eq!(connection.send(&list).unwrap().status, 200);
    assert_eq!(connection.receive_rest().unwrap(), b"", "TLS was closed properly");
}

#[test]
fn a_client_that_speaks_http_to_tls_is_let_go() {
    let emulator = Emulator::start_with(command().args(tls_arguments()));
    let mut connection = Connection::open(emulator.address);
    connection.send_raw(b"GET /Api/healthz HTTP/1.1\r\nHost: emulator\r\n\r\n").unwrap();
    assert!(!connection.receive_rest().unwrap_or_default().starts_with(b"HTTP"));
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let key = fixture("tls/server.key.pem");
    let message = refusal(&["--tls-cert", "/none.pem", "--tls-key", key.to_str().unwrap()]);
    assert!(message.starts_with("signpath-emulator: --tls-cert /none.pem: "), "{message}");
    let message = refusal(&["--env-file", "/none/emulator.env"]);
    assert!(message.starts_with("signpath-emulator: --env-file /none/emulator.env: "), "{message}");
    let message = refusal(&["--hsm", "/none/module.so"]);
    assert!(message.starts_with("signpath-emulator: --hsm: PKCS#11 module /none/module.so: "), "{message}");
}

#[test]
fn the_help_lists_every_shape() {
    let output = command().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("ec-key-type=Ecdsa|Ec|EC|ECDSA|absent"), "{help}");
    assert!(help.contains("signpath-emulator --env-file emulator.env"), "{help}");
}

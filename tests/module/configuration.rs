//! Configuration as a host meets it: environment, file, both, neither, and what is wrong with them.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use signpath_pkcs11::token::names::ReturnValue;

use crate::support::console::watching;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::{Pkcs11, initialized, set};

/// Writes a configuration file into the emulator's folder and names it.
fn file(emulator: &Emulator, content: &str) -> (&'static str, String) {
    let path = emulator.folder().join("config.json");
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    ("SIGNPATH_CONFIG_FILE", path.to_str().unwrap().to_owned())
}

fn visible(pkcs11: &Pkcs11) -> usize {
    pkcs11.session().find_keys().unwrap().len()
}

#[test]
fn a_file_is_enough() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let content = json!({
            "OrganizationId": emulator.organization,
            "ApiToken": emulator.token,
            "ApiUrl": emulator.api(),
            "Log": {"File": {"Level": "none"}},
        });

        assert_eq!(visible(&initialized(&[file(&emulator, &content.to_string())])), 24);
    });
}

#[test]
fn names_of_earlier_versions_are_enough() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut variables = emulator.address();
        variables.push(("SIGNPATH_ORGANIZATION_ID", emulator.organization.clone()));
        variables.push(("SIGNPATH_CI_USER_TOKEN", emulator.token.clone()));

        assert_eq!(visible(&initialized(&variables)), 24);
        assert!(emulator.log().contains("SIGNPATH_CI_USER_TOKEN is the name of an earlier version"));
    });
}

#[test]
fn the_environment_beats_the_file_and_the_pin_beats_both() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let content = json!({"ApiToken": "of-the-file", "OrganizationId": emulator.organization});
        let mut variables = emulator.address();
        variables.push(file(&emulator, &content.to_string()));
        variables.push(("SIGNPATH_API_TOKEN", emulator.token_some.clone()));
        let pkcs11 = initialized(&variables);
        assert_eq!(visible(&pkcs11), 6);
        let session = pkcs11.session();
        session.log_in(&emulator.pin()).unwrap();

        assert_eq!(session.find_keys().unwrap().len(), 24);
    });
}

#[test]
fn a_file_that_is_not_json_is_told_when_it_is_needed() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut variables =
            vec![emulator.address().remove(1), file(&emulator, "{\"ApiToken\": \"s3cr3t-token\"")];
        variables.push(("SIGNPATH_LOG_CONSOLE_LEVEL", "warning".to_owned()));
        let (pkcs11, silence) = watching(|| initialized(&variables));
        assert_eq!(silence, "");
        pkcs11.token_info().unwrap();
        let session = pkcs11.session();
        for pin in ["CONFIG", &emulator.pin()] {
            let (result, console) = watching(|| session.log_in(pin));
            assert_eq!(result, Err(ReturnValue::GENERAL_ERROR));
            assert!(console.contains("config.json: it is not JSON: EOF while parsing"), "{console}");
            assert!(!console.contains("s3cr3t"), "{console}");
            assert_eq!(console.lines().count(), 1, "{console}");
        }
    });
}

#[test]
fn a_setting_that_cannot_be_used_is_told_once_when_the_token_is_asked_whether_it_wants_a_login() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_ORGANIZATION_ID", "acme".to_owned()));
        let pkcs11 = initialized(&variables);
        let (_, console) = watching(|| pkcs11.token_info().unwrap());
        let (_, silence) = watching(|| pkcs11.token_info().unwrap());

        assert!(console.contains("`acme` is not an organization id"), "{console}");
        assert_eq!((console.lines().count(), silence.as_str()), (1, ""));
    });
}

#[test]
fn a_value_that_does_not_parse_is_told_when_it_is_needed() {
    let cases = [
        ("SIGNPATH_API_URL", "http://signpath.example/Api", "is not an https:// address"),
        ("SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", "soon", "`soon` is not a number of seconds"),
        ("SIGNPATH_HASH_SIGNING_API", "newest", "`newest` is not one of auto, current, legacy"),
        ("SIGNPATH_ORGANIZATION_ID", "acme", "`acme` is not an organization id"),
        ("SIGNPATH_CRYPTOKI_LOGIN_REQUIRED", "never", "`never` is not one of auto, always"),
        (
            "SIGNPATH_TLS_CERTIFICATE_AUTHORITIES",
            "/nowhere.pem",
            "reading TlsCertificateAuthorities /nowhere.pem",
        ),
        ("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", "/dev/zero", "it has more than 16777216 bytes"),
        ("SIGNPATH_TLS_CLIENT_CERTIFICATE", "/dev/zero", "it has more than 16777216 bytes"),
    ];
    in_own_process_each(cases, |(name, value, expected)| {
        let emulator = Emulator::with_tls();
        let mut variables = emulator.variables();
        variables.push((name, value.to_owned()));
        let pkcs11 = initialized(&variables);
        pkcs11.token_info().unwrap();
        let session = pkcs11.session();
        let (result, console) = watching(|| session.log_in("CONFIG"));

        assert_eq!(result, Err(ReturnValue::GENERAL_ERROR));
        assert!(console.contains(expected), "{console}");
        assert_eq!(console.lines().count(), 1, "{console}");
        assert_eq!(emulator.requests().len(), 0);
    });
}

#[test]
fn a_proxy_that_is_not_used_may_be_anything() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.push(("http_proxy", "socks5://proxy.test:1080".to_owned()));

        assert_eq!(visible(&initialized(&variables)), 24);
    });
}

#[test]
fn an_unknown_key_is_warned_about_and_hinders_nothing() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.push(file(&emulator, r#"{"ApiTokn": "x"}"#));

        assert_eq!(visible(&initialized(&variables)), 24);
        assert!(
            emulator.log().contains("warning unknown key ApiTokn in configuration file"),
            "{}",
            emulator.log()
        );
        assert!(emulator.log().contains("did you mean ApiToken?"));
    });
}

#[test]
fn standard_output_is_never_touched() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_LOG_CONSOLE_OUTPUT_STREAM", "stdout".to_owned()));
        variables.push(("SIGNPATH_LOG_CONSOLE_LEVEL", "verbose".to_owned()));
        set(&variables);
        let mut file = tempfile::tempfile().unwrap();
        let before = unsafe { libc::dup(libc::STDOUT_FILENO) };
        unsafe { libc::dup2(std::os::fd::AsRawFd::as_raw_fd(&file), libc::STDOUT_FILENO) };
        let (_, console) = watching(|| visible(&initialized(&[])));
        unsafe { libc::dup2(before, libc::STDOUT_FILENO) };

        assert_eq!(std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap(), 0);
        assert!(console.contains("C_FindObjectsInit: CKR_OK"), "{console}");
        assert!(!console.contains(&emulator.token));
    });
}

#[test]
fn a_log_folder_that_is_a_link_is_refused_and_signing_goes_on() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let (target, link) = (emulator.folder().join("target"), emulator.folder().join("link"));
        std::fs::create_dir(&target).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_LOG_FILE_DIRECTORY", link.to_str().unwrap().to_owned()));
        variables.push(("SIGNPATH_LOG_CONSOLE_LEVEL", "warning".to_owned()));
        let (found, console) = watching(|| visible(&initialized(&variables)));

        assert_eq!(found, 24);
        assert!(console.contains("it is a link or not a folder"), "{console}");
        assert_eq!(std::fs::read_dir(target).unwrap().count(), 0);
    });
}

#[test]
fn listing_slots_writes_no_log() {
    in_own_process(|| {
        let emulator = Emulator::start();
        initialized(&emulator.variables()).token_info().unwrap();

        assert!(!emulator.folder().join("log").exists());
    });
}

#[test]
fn each_signature_is_logged_with_the_link_to_its_signing_request() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let key = session.private_key("container-images/p-256");
        session.signature(signpath_pkcs11::token::names::MechanismType::ECDSA, key, &[7; 32]).unwrap();
        let link = format!("{}/Web/{}/SigningRequests/", emulator.origin, emulator.organization);

        let log = emulator.log();
        let line = log.lines().find(|line| line.contains("signed with container-images/p-256")).unwrap();
        assert!(line.contains(&"07".repeat(32)) && line.contains(&link), "{line}");
    });
}

//! Broken: settings, credentials, files.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::json;

use super::{desk, fails, rows, warns};
use crate::desk::{Desk, text};

fn with_file(desk: Desk, content: &str, mode: u32) -> Desk {
    let path = written(&desk, "config.json", content, mode);
    desk.and_variable("SIGNPATH_CONFIG_FILE", path)
}

/// The path of a file in the desk's folder.
fn written(desk: &Desk, name: &str, content: &str, mode: u32) -> String {
    let path = desk.bench.write(name, content);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_configuration_file_that_does_not_exist() {
    let desk = desk().and_variable("SIGNPATH_CONFIG_FILE", "/no/config.json");

    fails(
        &desk,
        3,
        &[],
        "configuration",
        "reading configuration file /no/config.json",
        "correct SIGNPATH_CONFIG_FILE",
    );
}

#[test]
fn a_configuration_file_that_is_no_json() {
    fails(
        &with_file(desk(), "ApiUrl=…", 0o600),
        3,
        &[],
        "configuration",
        "it is not JSON",
        "correct the file",
    );
}

#[test]
fn a_key_of_the_configuration_file_with_a_typing_error() {
    let desk = with_file(desk(), r#"{ "ProjektSlug": "a" }"#, 0o600);

    warns(&desk, &[], "configuration", "unknown key ProjektSlug", "correct the names");
}

#[test]
fn a_variable_with_a_typing_error() {
    let desk = desk().and_variable("SIGNPATH_API_TOKE", "x");

    warns(&desk, &[], "configuration", "did you mean SIGNPATH_API_TOKEN?", "correct the names");
}

#[test]
fn an_address_without_tls_that_is_not_on_this_machine() {
    let desk = desk().and_variable("SIGNPATH_API_URL", "http://signpath.test/Api");

    fails(&desk, 3, &[], "settings", "is not an https:// address", "correct or unset SIGNPATH_API_URL");
}

#[test]
fn a_setting_that_is_no_number() {
    let desk = desk().and_variable("SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", "30s");

    fails(
        &desk,
        3,
        &[],
        "settings",
        "`30s` is not",
        "correct or unset SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS",
    );
}

#[test]
fn no_credentials() {
    let desk = desk().without_variable("SIGNPATH_API_TOKEN").without_variable("SIGNPATH_ORGANIZATION_ID");

    fails(&desk, 3, &[], "credentials", "OrganizationId and ApiToken are missing", "--pin-file");
}

#[test]
fn a_token_without_an_organization_and_an_organization_without_a_token() {
    let without = |name| desk().without_variable(name);

    let desk = without("SIGNPATH_ORGANIZATION_ID");
    fails(&desk, 3, &[], "credentials", "OrganizationId is missing", "set SIGNPATH_ORGANIZATION_ID");
    let desk = without("SIGNPATH_API_TOKEN");
    fails(&desk, 3, &[], "credentials", "ApiToken is missing", "set SIGNPATH_API_TOKEN");
}

#[test]
fn a_variable_of_the_build_system_that_is_not_there() {
    let desk = desk().and_variable("SIGNPATH_API_TOKEN", "$(SIGNPATH_API_TOKEN)");

    let problem = "$(…) and ${…} are variables that were not replaced";
    fails(&desk, 3, &[], "settings", problem, "correct or unset SIGNPATH_API_TOKEN");
}

#[test]
fn a_variable_that_is_not_utf_8() {
    let desk = desk();
    let mut command = desk.command(&["doctor"]);
    let output =
        command.env("SIGNPATH_API_URL", OsStr::from_bytes(b"http://127.0.0.1/\xff")).output().unwrap();
    let report = text(&output.stdout);

    assert_eq!(output.status.code(), Some(3), "{report}");
    assert!(report.contains("environment variable SIGNPATH_API_URL: the value is not UTF-8"), "{report}");
}

#[test]
fn a_pin_that_is_not_organization_and_token() {
    let desk = desk();
    let arguments = ["--pin-file", &written(&desk, "pin", "1234\n", 0o600)];

    fails(
        &desk,
        3,
        &arguments,
        "credentials",
        "is not <organization id>:<API token>",
        "with a colon between them",
    );
}

#[test]
fn a_pin_takes_the_place_of_configured_credentials() {
    let desk = desk().without_variable("SIGNPATH_API_TOKEN").without_variable("SIGNPATH_ORGANIZATION_ID");
    let emulator = &desk.bench.emulator;
    let pin = desk.bench.write("pin", format!("{}:{}\n", emulator.organization, emulator.token_awkward));
    let rows = rows(&desk, 0, &["--pin-file", pin.to_str().unwrap()]);

    let status = |name: &str| rows.iter().find(|row| row.name == name).unwrap().status.clone();
    assert_eq!([status("credentials"), status("token"), status("role")], ["passed"; 3]);
}

#[test]
fn a_file_with_the_token_that_others_can_read() {
    let desk = desk().without_variable("SIGNPATH_API_TOKEN");
    let content = json!({ "ApiToken": desk.bench.emulator.token }).to_string();

    warns(&with_file(desk, &content, 0o644), &[], "files", "config.json, with a secret in it", "chmod 600 ");
}

#[test]
fn a_file_with_the_token_that_nobody_else_can_read() {
    let desk = desk().without_variable("SIGNPATH_API_TOKEN");
    let content = json!({ "ApiToken": desk.bench.emulator.token }).to_string();
    let desk = with_file(desk, &content, 0o600);
    let report = text(&desk.tool(&["doctor"]));

    let file = desk.bench.path("config.json");
    assert!(report.contains(&format!("files with secrets: {}", file.display())), "{report}");
    assert!(
        report.contains(&format!("ApiToken = *** (ApiToken in configuration file {})", file.display())),
        "{report}"
    );
}

#[test]
fn a_log_folder_that_is_a_link() {
    let desk = desk();
    let folder = desk.bench.path("log");
    symlink("/tmp", &folder).unwrap();
    let desk = desk.and_variable("SIGNPATH_LOG_FILE_DIRECTORY", folder.to_str().unwrap());

    warns(&desk, &[], "log", "it is a link or not a folder", "SIGNPATH_LOG_FILE_DIRECTORY");
}

#[test]
fn a_setting_of_the_log_that_is_none_stops_nothing() {
    let desk = desk().and_variable("SIGNPATH_LOG_CONSOLE_LEVEL", "loud");

    warns(&desk, &[], "settings", "`loud` is not", "correct or unset SIGNPATH_LOG_CONSOLE_LEVEL");
}

#[test]
fn a_proxy_that_is_not_used_may_be_anything() {
    let desk = desk().and_variable("https_proxy", "socks5://127.0.0.1:1080");

    assert!(rows(&desk, 0, &[]).iter().all(|row| row.status == "passed" || row.status == "skipped"));
}

#[test]
fn a_file_with_the_pin_that_others_can_read() {
    let desk = desk();
    let emulator = &desk.bench.emulator;
    let pin = format!("{}:{}\n", emulator.organization, emulator.token);
    let arguments = ["--pin-file", &written(&desk, "pin", &pin, 0o644)];

    warns(&desk, &arguments, "files", "pin, with a secret in it", "chmod 600 ");
}

#[test]
fn a_name_of_an_earlier_version() {
    let desk = desk();
    let token = desk.bench.emulator.token.clone();
    let desk = desk.without_variable("SIGNPATH_API_TOKEN").and_variable("SIGNPATH_CI_USER_TOKEN", token);

    warns(
        &desk,
        &[],
        "configuration",
        "SIGNPATH_CI_USER_TOKEN is the name of an earlier version",
        "still read",
    );
}

#[test]
fn a_pin_of_cosign_that_is_no_pin() {
    let desk = desk().and_variable("COSIGN_PKCS11_PIN", "1234");

    fails(&desk, 3, &[], "credentials", "COSIGN_PKCS11_PIN is neither CONFIG nor", "unset COSIGN_PKCS11_PIN");
}

#[test]
fn a_pin_of_cosign_with_a_token_that_is_not_valid_any_more() {
    let desk = desk();
    let pin = format!("{}:of-yesterday", desk.bench.emulator.organization);
    let desk = desk.and_variable("COSIGN_PKCS11_PIN", pin);

    fails(&desk, 5, &[], "token", "SignPath answered 401", "");
}

#[test]
fn the_token_and_the_organization_in_each_others_place() {
    let desk = desk();
    let (organization, token) = (desk.bench.emulator.organization.clone(), desk.bench.emulator.token.clone());
    let desk = desk
        .and_variable("SIGNPATH_ORGANIZATION_ID", token.as_str())
        .and_variable("SIGNPATH_API_TOKEN", organization);

    fails(&desk, 3, &[], "settings", "looks like a token", "does it belong elsewhere?");
    let output = desk.command(&["doctor"]).output().unwrap();
    assert!(!text(&output.stdout).contains(&token) && !text(&output.stderr).contains(&token));
}

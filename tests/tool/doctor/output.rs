//! What the report looks like, and what is never in it.

use serde_json::{Value, json};

use super::{desk, rows};
use crate::desk::text;
use crate::support::bench::succeeds;
use crate::support::troubleshooting::document;

/// The checks in their order; scripts and tickets name them.
const CHECKS: [&str; 21] = [
    "configuration",
    "settings",
    "credentials",
    "name-resolution",
    "proxy",
    "tcp",
    "tls",
    "clock",
    "health",
    "api",
    "token",
    "role",
    "artifact-configuration",
    "module",
    "exports",
    "glibc",
    "load",
    "cosign",
    "files",
    "log",
    "sign",
];

#[test]
fn the_page_on_troubleshooting_has_a_row_for_each_check() {
    let document = document();
    let (_, rest) = document.split_once("<!-- checks: ").expect("the beginning of the table");
    let (table, _) = rest.split_once("<!-- end of checks -->").expect("the end of the table");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let names: Vec<&str> = rows.map(|row| row.split('`').next().unwrap()).collect();

    assert_eq!(names, CHECKS);
}

#[test]
fn every_check_has_a_tick_where_nothing_is_broken() {
    let desk = desk();
    let report = desk.line(&["doctor", "--sign", "container-images/rsa-3072"]);

    let marked: Vec<&str> = report.lines().filter_map(|line| line.strip_prefix("✓ ")).collect();
    let names: Vec<&str> = marked.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, CHECKS);
}

#[test]
fn a_script_gets_the_same_checks_also_where_one_has_failed() {
    let desk = desk().without_variable("SIGNPATH_API_TOKEN");
    let names: Vec<String> = rows(&desk, 3, &[]).into_iter().map(|row| row.name).collect();

    assert_eq!(names, CHECKS);
}

#[test]
fn the_first_check_that_failed_is_the_last_word() {
    let desk =
        desk().without_variable("SIGNPATH_API_TOKEN").and_variable("COSIGN_PKCS11_MODULE_PATH", "/no/m.so");
    let output = desk.command(&["doctor"]).output().unwrap();

    assert_eq!(
        text(&output.stderr).lines().last().unwrap(),
        "error: 2 of 21 checks failed; begin with credentials"
    );
}

#[test]
fn a_check_that_failed_names_the_section_that_explains_it() {
    let desk = desk().and_variable("SIGNPATH_API_TOKEN", "wrong");
    let report = text(&desk.command(&["doctor"]).output().unwrap().stdout);
    let for_scripts = desk.command(&["doctor", "--output", "json"]).output().unwrap().stdout;
    let for_scripts: Value = serde_json::from_slice(&for_scripts).unwrap();
    let checks = for_scripts["checks"].as_array().unwrap();

    assert!(report.contains("it may be mistyped, revoked or of another server [SP3401]\n"), "{report}");
    let codes: Vec<_> = checks.iter().filter_map(|check| check["code"].as_str()).collect();
    assert_eq!(codes, ["SP3401"]);
}

#[test]
fn no_secret_is_in_the_report_whoever_repeats_it() {
    let desk = desk();
    let token = desk.bench.emulator.token.clone();
    let words = json!({ "title": format!("The header was 'Bearer {token}'.") });
    let fault = json!({ "status": 400, "body": { "json": words }, "times": 9, "headers": { "X": "y" } });
    desk.bench.emulator.tell("POST", "faults", fault);
    let pin = format!("{}:recognisable-pin", desk.bench.emulator.organization);
    let desk = desk
        .and_variable("https_proxy", "http://user:recognisable-password@127.0.0.1:1")
        .and_variable("COSIGN_PKCS11_PIN", pin);
    for format in ["text", "json"] {
        let output = desk.command(&["doctor", "--output", format]).output().unwrap();
        let report = text(&[output.stdout, output.stderr].concat());

        assert!(report.contains("Bearer ***"), "{report}");
        assert!(report.contains("***@127.0.0.1:1"), "{report}");
        for secret in [token.as_str(), "recognisable"] {
            assert!(!report.contains(secret), "{report}");
        }
    }
}

#[test]
fn colours_are_for_terminals_whose_users_want_them() {
    let desk = desk();
    let on_terminal = |variable: &str| {
        let tool = crate::support::artifacts::tool();
        let line = format!("{variable} {} doctor --skip cosign", tool.display());
        let mut script = desk.command(&[]);
        let variables: Vec<_> =
            script.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        script = desk.bench.command("script", "bsdutils");
        script
            .args(["-qec", &line, "/dev/null"])
            .envs(variables.into_iter().filter_map(|(name, value)| Some((name, value?))));
        succeeds(script.env("TERM", "xterm"))
    };

    assert!(on_terminal("env").contains("\u{1b}[32m✓\u{1b}[0m configuration"));
    let plain = on_terminal("NO_COLOR=1");
    assert!(plain.contains("✓ configuration") && !plain.contains("\u{1b}[32m"), "{plain}");
    assert!(!desk.line(&["doctor"]).contains('\u{1b}'));
}

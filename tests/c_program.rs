//! The header for C programs: what it defines is what the module has, and a C program that includes it signs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail, helpers included"
)]

#[path = "support/mod.rs"]
mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use signpath_pkcs11::token::names::AttributeType;
use support::artifacts;
use support::c_program::compile;
use support::emulator::Emulator;
use support::verification::verify;

/// The value of a `#define` of the header.
fn defined(name: &str) -> String {
    let header = std::fs::read_to_string(artifacts::package().join("include/signpath_pkcs11.h")).unwrap();
    let prefix = format!("#define {name} ");
    let value =
        header.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_else(|| panic!("no {name}"));
    value.to_owned()
}

fn number(name: &str) -> u64 {
    let value = defined(name);
    let digits = value.trim_end_matches("UL");
    match digits.strip_prefix("0x") {
        Some(hexadecimal) => u64::from_str_radix(hexadecimal, 16).unwrap(),
        None => digits.parse().unwrap(),
    }
}

#[test]
fn the_headers_numbers_are_those_of_the_code() {
    for (name, kind) in [
        ("CKA_SIGNPATH_PROJECT_SLUG", AttributeType::SIGNPATH_PROJECT_SLUG),
        ("CKA_SIGNPATH_SIGNING_POLICY_SLUG", AttributeType::SIGNPATH_SIGNING_POLICY_SLUG),
        ("CKA_SIGNPATH_SIGNING_POLICY_ID", AttributeType::SIGNPATH_SIGNING_POLICY_ID),
    ] {
        assert_eq!(number(name), kind.0, "{name}");
        assert_eq!(kind.to_string(), name);
    }
}

#[test]
fn the_headers_texts_are_those_of_the_module() {
    let file = artifacts::module().file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(defined("SIGNPATH_PKCS11_MODULE"), format!("\"{file}\""));
    assert_eq!(defined("SIGNPATH_TOKEN_LABEL"), "\"SignPath\"");
    assert_eq!(number("SIGNPATH_SLOT_ID"), 1);
    assert_eq!(defined("SIGNPATH_PIN_CONFIGURED"), "\"CONFIG\"");
}

#[test]
fn a_c_program_that_includes_the_header_compiles_without_a_warning_and_signs() {
    let emulator = Emulator::start();
    let program = emulator.folder().join("sign");
    compile("sign.c", &program);
    let digest = [7; 32];
    let mut child = Command::new(program)
        .args([artifacts::module().to_str().unwrap(), "container-images", "p-256"])
        .env_clear()
        .envs(emulator.variables())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&digest).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");

    verify("p-256", "ecdsa", "none", &digest, &output.stdout);
    let policies = emulator.control("policies");
    let policy =
        policies["policies"].as_array().unwrap().iter().find(|policy| policy["signingPolicy"] == "p-256");
    assert_eq!(errors.trim(), policy.unwrap()["id"].as_str().unwrap());
}

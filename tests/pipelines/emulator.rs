//! docs/emulator.md, whose shell blocks are one session at a shell.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::page::{marked, only};
use crate::support::artifacts;
use crate::support::emulator::Emulator;
use crate::workplace::Workplace;

const PAGE: &str = "emulator.md";

/// What lines of the session end with, beside signatures and what cosign says, in this order.
const TOLD: [&str; 10] = [
    "Verified OK",
    "exit code 5",
    "403 The user 'some-policies' is not a submitter of the signing policy 'rsa-4096' in the project 'container-images'.",
    "all-policies rsa-3072 Completed",
    "all-policies rsa-3072 Completed",
    "all-policies p-256 Completed",
    "some-policies rsa-4096 Refused",
    "exit code 14",
    "exit code 5",
    "the end",
];

#[test]
fn the_session_goes_as_the_page_shows_it() {
    let session = marked(PAGE, "run: as a shell session").join("");
    let workplace = Workplace::with("cosign-3");
    let output = workplace.session(&format!("trap 'kill %1' EXIT\n{session}echo the end\n"));

    let ending = |line: &str| TOLD.into_iter().find(|end| line.ends_with(end));
    let told: Vec<&str> = output.lines().filter_map(ending).collect();
    assert_eq!(told, TOLD, "{output}");
}

#[test]
fn the_service_container_is_named_with_what_every_emulator_has() {
    #[derive(Deserialize)]
    struct Workflow {
        jobs: BTreeMap<String, Job>,
    }
    #[derive(Deserialize)]
    struct Job {
        env: BTreeMap<String, String>,
    }
    let workflow: Workflow = serde_saphyr::from_str(&only(PAGE, "example: service container")).unwrap();
    let emulator = Emulator::start();
    let expected = [
        ("SIGNPATH_API_TOKEN", emulator.token.as_str()),
        ("SIGNPATH_API_URL", "http://127.0.0.1:8080/Api"),
        ("SIGNPATH_ORGANIZATION_ID", &emulator.organization),
    ];
    let found: Vec<(&str, &str)> =
        workflow.jobs["sign"].env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_tokens_and_slugs_of_the_page_are_those_of_the_emulator() {
    let emulator = Emulator::start();
    let page = std::fs::read_to_string(artifacts::package().join("docs").join(PAGE)).unwrap();
    let users = emulator.control("users");
    let policies = emulator.control("policies");
    for user in users["users"].as_array().unwrap() {
        let row = format!(
            "| user `{}` | `{}`,",
            user["name"].as_str().unwrap(),
            user["apiToken"].as_str().unwrap()
        );
        assert!(page.contains(&row), "{row}");
    }
    for policy in policies["policies"].as_array().unwrap() {
        let slug = format!("`{}`", policy["signingPolicy"].as_str().unwrap());
        assert!(page.contains(&slug), "{policy}");
    }
}

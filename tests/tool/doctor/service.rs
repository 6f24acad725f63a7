//! Broken: the service, the token, the role, the signature.

use serde_json::json;

use super::{desk, fails, rows};
use crate::desk::{Desk, text};
use crate::support::bench::{LIST, SIGN};

const KEY: &str = "container-images/p-256";

fn with_fault(fault: serde_json::Value) -> Desk {
    let desk = desk();
    desk.bench.emulator.tell("POST", "faults", fault);
    desk
}

fn with_token(token: impl Fn(&Desk) -> String) -> Desk {
    let desk = desk();
    let token = token(&desk);
    desk.and_variable("SIGNPATH_API_TOKEN", token)
}

#[test]
fn a_service_that_is_not_available() {
    let desk = with_fault(json!({ "route": "health", "status": 503 }));

    fails(&desk, 6, &[], "health", "answers 503 Service Unavailable", "try again later");
}

#[test]
fn an_address_that_redirects() {
    let desk =
        with_fault(json!({ "route": "health", "status": 302, "headers": { "Location": "https://a.test/" } }));

    fails(
        &desk,
        6,
        &[],
        "health",
        "a redirect to https://a.test/",
        "set ApiUrl to the address of the API itself",
    );
}

#[test]
fn an_address_that_is_not_that_of_the_api() {
    let desk = desk();
    let address = format!("{}/Web", desk.bench.emulator.origin);
    let desk = desk.and_variable("SIGNPATH_API_URL", address);

    fails(&desk, 1, &[], "api", "SignPath answered 404 Not Found", "check ApiUrl; it usually ends in /Api");
}

#[test]
fn a_web_page_in_place_of_the_api() {
    let desk = with_fault(json!({ "route": "mySigningPolicies", "body": "<html>Welcome</html>" }));

    fails(&desk, 1, &[], "api", "the answer is not a list of signing policies", "check ApiUrl");
}

#[test]
fn a_service_that_fails_within() {
    let desk = with_fault(json!({ "route": "mySigningPolicies", "status": 500, "times": 99 }))
        .and_variable("SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS", "1");

    fails(&desk, 6, &[], "api", "SignPath answered 500", "trace id");
}

#[test]
fn a_token_with_a_typing_error() {
    let desk = with_token(|desk| desk.bench.emulator.token.replace("AllPolicies", "AllPolicie5"));

    fails(&desk, 5, &[], "token", "SignPath answered 401", "check the API token");
}

#[test]
fn a_token_that_was_revoked() {
    let desk = desk();
    desk.bench.emulator.tell("POST", "users/all-policies", json!({ "tokenState": "revoked" }));

    fails(
        &desk,
        5,
        &[],
        "token",
        "SignPath answered 401",
        "it may be mistyped, revoked or of another server",
    );
}

#[test]
fn the_id_of_another_organization() {
    let desk = desk().and_variable("SIGNPATH_ORGANIZATION_ID", "0a1b2c3d-0000-4000-8000-00000000000f");

    fails(&desk, 5, &[], "token", "SignPath answered 403", "check the organization id");
}

#[test]
fn a_user_who_is_submitter_of_nothing() {
    let desk = with_token(|desk| desk.bench.emulator.token_none.clone());

    fails(
        &desk,
        5,
        &[],
        "role",
        "Submitter of no signing policy",
        "an administrator of the project adds the user",
    );
}

#[test]
fn a_project_in_which_the_user_is_submitter_of_nothing() {
    let desk = desk().and_variable("SIGNPATH_PROJECT_SLUG", "container-image");

    fails(&desk, 5, &[], "role", "that fits ProjectSlug container-image", "correct the slugs");
}

#[test]
fn a_signing_policy_with_approval_process() {
    let arguments = ["--sign", "container-images/needs-approval"];

    fails(
        &desk(),
        1,
        &arguments,
        "sign",
        "Hash signing does not support approvals",
        "without approval process",
    );
}

#[test]
fn a_default_artifact_configuration_of_another_type() {
    let words = "The default artifact configuration of the project is not of the type 'Hash signing data'.";
    let body =
        json!({ "json": { "title": "One or more validation errors occurred.", "errors": { "": [words] } } });
    let desk = with_fault(json!({ "route": "signHash", "status": 400, "body": body }));

    fails(&desk, 1, &["--sign", KEY], "artifact-configuration", words, "of the type Hash signing data");
}

#[test]
fn a_signature_that_does_not_verify() {
    let desk = with_fault(json!({ "route": "signHash", "signature": "flipBits" }));

    fails(&desk, 8, &["--sign", KEY], "sign", "does not verify with the public key", "run it again");
}

#[test]
fn a_key_to_sign_with_that_is_none_of_the_users() {
    fails(&desk(), 3, &["--sign", "a/b"], "sign", "these credentials have no key a/b", KEY);
    fails(&desk(), 3, &["--sign"], "sign", "there are 8 keys", KEY);
}

#[test]
fn nothing_is_signed_unless_it_is_asked_for() {
    let desk = desk();
    rows(&desk, 0, &[]);
    assert_eq!(desk.bench.requests().last().unwrap(), LIST);

    let rows = rows(&desk, 0, &["--sign", KEY]);
    assert_eq!(desk.bench.requests().last().unwrap(), SIGN);
    assert!(rows.iter().all(|row| row.status == "passed"), "{rows:#?}");
}

#[test]
fn the_only_key_signs_without_being_named() {
    let desk = desk()
        .and_variable("SIGNPATH_SIGNING_POLICY_SLUG", "rsa-3072")
        .and_variable("SIGNPATH_PROJECT_SLUG", "container-images");
    let rows = rows(&desk, 0, &["--sign"]);

    assert!(rows.iter().all(|row| row.status == "passed"), "{rows:#?}");
}

#[test]
fn keys_that_cannot_be_understood() {
    let desk = with_shape("every-kind");
    let cause = rows(&desk, 0, &[]).into_iter().find(|row| row.name == "role").unwrap();

    assert_eq!(cause.status, "warning");
    assert!(
        cause.problem.contains("of the signing policies that SignPath lists cannot be used"),
        "{cause:#?}"
    );
}

#[test]
fn nothing_but_keys_that_cannot_be_understood() {
    let body = r#"{"signingPolicies":[1,null,{}]}"#;
    let desk = with_fault(json!({ "route": "mySigningPolicies", "body": body, "times": 9 }));

    fails(&desk, 1, &[], "role", "no key can be used: 3 of the signing policies", "says of each");
    let said = text(&desk.command(&["keys"]).output().unwrap().stderr).to_owned();
    assert_eq!(said.matches("[SP4101]").count(), 3, "{said}");
}

#[test]
fn three_thousand_keys_are_counted_and_some_are_named() {
    let desk = super::sound(Desk::with(&["--signing-policies", "3000"]));
    let report = desk.line(&["doctor"]);

    let line = report.lines().find(|line| line.contains("Submitter of 3008: ")).unwrap();
    assert!(line.ends_with(" and 2988 more") && line.len() < 1000, "{line}");
}

fn with_shape(odd_entry: &str) -> Desk {
    let desk = desk();
    desk.bench.emulator.tell("PUT", "shapes", json!({ "odd-entry": odd_entry }));
    desk
}

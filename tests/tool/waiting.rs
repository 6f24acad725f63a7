//! `signpath-tool sign-image` while SignPath takes its time: how each signing request ends, and what can be gone on with.

use serde_json::json;

use crate::bench::run;
use crate::service::Service;

/// A service whose signing requests stay in a stage.
fn held_at(stage: &str) -> Service {
    let service = Service::new();
    service.emulator.tell("PUT", "workflow", json!({ "holdAt": stage }));
    service
}

/// The command in a message, without the program's name, as words.
fn command_in(message: &str) -> Vec<String> {
    let (_, command) = message.split_once("go on with: signpath-tool ").expect("a command");
    command.split(' ').map(str::to_owned).collect()
}

/// Types the command that a message names; it must succeed.
fn go_on(service: &Service, message: &str) {
    let words = command_in(message);
    service.bench.tool(&words.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_signing_request_that_is_approved_after_a_while_is_attached() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let running = service.begin("needs-approval", &[&image]);
    let id = service.id_when("WaitingForApproval");
    service.wait_for_news();
    service.act(&id, "approve");
    let ended = running.end();

    assert_eq!(ended.code, Some(0), "{}", ended.messages);
    let waits = format!("signing request {id} waits for approval: {}/", service.emulator.origin);
    assert!(ended.messages.contains(&waits), "{}", ended.messages);
    service.cosign_verifies("bundle", "rsa-3072", &[&image]);
}

#[test]
fn a_denied_signing_request_ends_with_its_own_code() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let running = service.begin("needs-approval", &[&image]);
    let id = service.id_when("WaitingForApproval");
    service.act(&id, "deny");

    let message = running.refused(10);
    assert!(
        message.starts_with(&format!("error: signing request {id} was denied; ask its approvers: ")),
        "{message}"
    );
    service.nothing_is_attached_to(&image);
}

#[test]
fn a_canceled_signing_request_ends_with_its_own_code() {
    let service = held_at("Processing");
    let image = service.bench.push_image("app");
    let running = service.begin("rsa-3072", &[&image]);
    let id = service.id_when("Processing");
    service.act(&id, "cancel");

    let message = running.refused(12);
    assert!(message.starts_with(&format!("error: signing request {id} was canceled; ")), "{message}");
    service.nothing_is_attached_to(&image);
}

#[test]
fn each_way_to_fail_has_its_own_words_and_where_it_matters_its_own_code() {
    for (result, code, words) in [
        ("ProcessingFailed", 11, "it could not be processed"),
        ("MalwareDetected", 14, "malware was found in its artifact"),
        ("MalwareScanFailed", 15, "the malware scan failed"),
        ("ArtifactRetrievalFailed", 16, "its artifact could not be retrieved"),
    ] {
        let service = Service::new();
        service.emulator.tell("PUT", "workflow", json!({ "result": result }));
        let image = service.bench.push_image("app");

        let message = service.refused(code, "rsa-3072", &[&image]);
        assert!(message.contains(&format!("failed: {words}; ")), "{message}");
        service.nothing_is_attached_to(&image);
    }
}

#[test]
fn when_the_time_is_over_the_message_has_the_command_that_goes_on() {
    let service = held_at("Processing");
    let image = service.bench.push_image("app");
    let message = service.refused(13, "rsa-3072", &["-a", "\"by=us, all\"", "--wait-timeout", "1", &image]);
    service.nothing_is_attached_to(&image);
    let id = service.id_when("Processing");
    service.act(&id, "release");

    let command =
        format!("signpath-tool sign-image --resume {id} --format bundle -a '\"by=us, all\"' {image}");
    assert!(message.ends_with(&format!("; go on with: {command}")), "{message}");
    let resumed = ["sign-image", "--resume", &id, "-a", "\"by=us, all\"", &image];
    service.bench.tool(&resumed);
    service.cosign_verifies("bundle", "rsa-3072", &["-a", "\"by=us, all\"", &image]);
}

#[test]
fn an_interrupted_tool_leaves_the_signing_request_running_for_another_process() {
    let service = held_at("Processing");
    let image = service.bench.push_image("app");
    let running = service.begin("rsa-3072", &["--format", "simple-signing", &image]);
    let id = service.id_when("Processing");
    running.interrupt();

    let message = running.refused(130);
    assert!(
        message.starts_with(&format!("error: interrupted; signing request {id} goes on without us; ")),
        "{message}"
    );
    service.nothing_is_attached_to(&image);
    service.act(&id, "release");
    go_on(&service, &message);
    assert_eq!(service.requests().len(), 1);
    service.cosign_verifies("simple-signing", "rsa-3072", &[&image]);
}

#[test]
fn a_service_that_is_lost_leaves_the_command_that_goes_on() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    service.emulator.tell("POST", "faults", json!({ "route": "status", "times": 50, "status": 503 }));
    let mut command = service.sign_image("rsa-3072", &[&image]);
    let ended = run(command.args(["--wait-timeout", "1"]));

    assert_eq!((ended.code, ended.output.as_str()), (Some(6), ""), "{}", ended.messages);
    service.emulator.tell("DELETE", "faults", json!({}));
    go_on(&service, ended.messages.lines().last().unwrap());
    service.cosign_verifies("bundle", "rsa-3072", &[&image]);
}

#[test]
fn without_waiting_the_id_is_printed_and_can_be_resumed_after_the_tag_has_moved() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let printed = service.signed("rsa-3072", &["--no-wait", &image]);
    let id = printed["signingRequestId"].as_str().unwrap().to_owned();
    service.bench.push_index("app");

    service.bench.tool(&["sign-image", "--resume", &id, &image]);
    service.cosign_verifies("bundle", "rsa-3072", &[&image]);
}

#[test]
fn metadata_of_another_image_cannot_be_resumed() {
    let service = Service::new();
    let (image, other) = (service.bench.push_image("app"), service.bench.push_image("other"));
    let printed = service.signed("rsa-3072", &["--no-wait", &image]);
    let id = printed["signingRequestId"].as_str().unwrap().to_owned();
    service.id_when("Completed");

    let message = service.bench.tool_fails(8, &["sign-image", "--resume", &id, &other]);
    assert!(
        message.contains("the signed artifact is refused: payload.dsse in it is not what was sent"),
        "{message}"
    );
    service.nothing_is_attached_to(&other);
}

#[test]
fn an_older_server_without_a_status_route_is_asked_for_the_whole_request() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    service.emulator.tell("POST", "faults", json!({ "route": "status", "times": 50, "status": 404 }));
    service.signed("rsa-3072", &[&image]);

    service.cosign_verifies("bundle", "rsa-3072", &[&image]);
}

#[test]
fn interrupted_while_it_fetches_the_signatures_the_tool_says_how_to_go_on() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    service.emulator.tell(
        "POST",
        "faults",
        json!({ "route": "signedArtifact", "delayMilliseconds": 20_000 }),
    );
    let running = service.begin("rsa-3072", &[&image]);
    service.wait_for_request("SignedArtifact");
    running.interrupt();

    let message = running.refused(130);
    assert!(
        message.starts_with("error: interrupted; go on with: signpath-tool sign-image --resume "),
        "{message}"
    );
    service.nothing_is_attached_to(&image);
    go_on(&service, &message);
    service.cosign_verifies("bundle", "rsa-3072", &[&image]);
}

#[test]
fn what_is_attached_already_is_not_attached_again() {
    for format in ["simple-signing", "bundle"] {
        let service = Service::new();
        let image = service.bench.push_image("app");
        let signed = service.signed("rsa-3072", &["--format", format, &image]);
        let id = signed["signingRequestId"].as_str().unwrap();
        service.bench.tool(&["sign-image", "--format", format, "--resume", id, &image]);

        let key = crate::bench::public_key("rsa-3072");
        let found = service.bench.tool_json(&["verify", "--key", &key, &image]);
        assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    }
}

#[test]
fn a_submission_whose_answer_was_lost_is_told_as_perhaps_made_twice() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    service.emulator.tell(
        "POST",
        "faults",
        json!({ "route": "submitWithArtifact", "ending": "hangUp", "execute": true }),
    );
    let ended = run(&mut service.sign_image("rsa-3072", &[&image]));

    assert_eq!(ended.code, Some(0), "{}", ended.messages);
    assert_eq!(service.requests().len(), 2);
    let warning = "warning: an answer was lost on the way: there may be a second signing request like it; cancel that one";
    assert!(ended.messages.contains(warning), "{}", ended.messages);
}

//! What happens to signing requests on their way: stages, approval, denial, cancellation, failures.

use serde_json::{Value, json};

use crate::support::Emulator;
use crate::support::files::{PAYLOAD, audited, fields, get, packed, start, submit, wait_for};
use crate::support::http::Request;

fn submit_to(emulator: &Emulator, name: &str, policy: &str) -> String {
    submit(emulator, &fields(policy, "cosign"), &packed(name, &[("payload.json", PAYLOAD)]))
}

fn tell(emulator: &Emulator, id: &str, action: &str) {
    emulator.control("POST", &format!("signing-requests/{id}/{action}"), &Value::Null);
}

fn status(emulator: &Emulator, id: &str) -> (String, String, bool) {
    let body = get(emulator, id, "/Status").expect(200);
    let text = |member: &str| body[member].as_str().unwrap().to_owned();
    (text("status"), text("workflowStatus"), body["isFinalStatus"].as_bool().unwrap())
}

#[test]
fn an_approved_request_goes_on_and_is_signed() {
    let emulator = start(&[]);
    let id = submit_to(&emulator, "approved", "needs-approval");
    wait_for(&emulator, &id, "WaitingForApproval");
    let expected = ("WaitingForApproval".to_owned(), "WaitingForApproval".to_owned(), false);
    assert_eq!(status(&emulator, &id), expected);
    assert_eq!(get(&emulator, &id, "/SignedArtifact").status, 400);
    assert!(emulator.audit().is_empty(), "nothing is signed before");
    tell(&emulator, &id, "approve");
    wait_for(&emulator, &id, "Completed");
    assert_eq!(get(&emulator, &id, "/SignedArtifact").status, 200);
}

#[test]
fn a_denied_request_ends_without_a_signature() {
    let emulator = start(&[]);
    let id = submit_to(&emulator, "denied", "needs-approval");
    wait_for(&emulator, &id, "WaitingForApproval");
    tell(&emulator, &id, "deny");
    assert_eq!(status(&emulator, &id), ("Denied".to_owned(), "Denied".to_owned(), true));
    assert_eq!(get(&emulator, &id, "/SignedArtifact").status, 400);
    let entry = audited(&emulator, &id);
    assert_eq!((&entry["outcome"], &entry["files"]), (&json!("Denied"), &json!([])));
}

#[test]
fn every_stage_can_be_seen() {
    let emulator = start(&[]);
    for stage in ["QueuedForMalwareScanning", "ScanningForMalware", "QueuedForProcessing", "Processing"] {
        emulator.control("PUT", "workflow", &json!({ "holdAt": stage }));
        let id = submit_to(&emulator, "stages", "p-256");
        wait_for(&emulator, &id, stage);
        assert_eq!(status(&emulator, &id), ("InProgress".to_owned(), stage.to_owned(), false));
        tell(&emulator, &id, "release");
        wait_for(&emulator, &id, "Completed");
    }
}

#[test]
fn every_failure_can_be_had() {
    let emulator = start(&[]);
    for result in ["MalwareDetected", "MalwareScanFailed", "ArtifactRetrievalFailed", "ProcessingFailed"] {
        emulator.control("PUT", "workflow", &json!({ "result": result }));
        let id = submit_to(&emulator, "failures", "p-256");
        wait_for(&emulator, &id, result);
        assert_eq!(status(&emulator, &id), ("Failed".to_owned(), result.to_owned(), true));
        assert_eq!(audited(&emulator, &id)["files"], json!([]));
    }
}

#[test]
fn a_request_is_canceled_once() {
    let emulator = start(&[]);
    emulator.control("PUT", "workflow", &json!({ "holdAt": "Processing" }));
    let id = submit_to(&emulator, "canceled", "p-256");
    let cancel = Emulator::request("POST", &format!("SigningRequests/{id}/Cancel"));
    assert_eq!(emulator.send(&cancel).status, 200);
    assert_eq!(status(&emulator, &id), ("Canceled".to_owned(), "Canceled".to_owned(), true));
    let again = emulator.send(&cancel).validation_error();
    assert_eq!(again, ": The signing request is already in status 'Canceled'.");
    assert_eq!(audited(&emulator, &id)["reason"], "canceled by user 'all-policies'");
}

#[test]
fn a_request_that_waits_too_long_is_canceled() {
    let emulator = start(&[]);
    let mut fields = fields("needs-approval", "cosign");
    fields.push(("cancellationTimeoutInSeconds", "1"));
    let id = submit(&emulator, &fields, &packed("too-long", &[("payload.json", PAYLOAD)]));
    wait_for(&emulator, &id, "WaitingForApproval");
    wait_for(&emulator, &id, "Canceled");
    assert_eq!(audited(&emulator, &id)["reason"], "the cancellation timeout has passed");
}

#[test]
fn a_reset_forgets_signing_requests_and_how_they_go_on() {
    let emulator = start(&[]);
    let id = submit_to(&emulator, "forgotten", "needs-approval");
    emulator.control("POST", "reset", &Value::Null);
    assert_eq!(get(&emulator, &id, "/Status").status, 403);
    assert_eq!(
        emulator.observe("workflow"),
        json!({ "stageMilliseconds": 50, "holdAt": null, "result": "Completed" })
    );
}

#[test]
fn what_a_request_cannot_be_told_is_refused() {
    let emulator = start(&[]);
    let id = submit_to(&emulator, "told", "p-256");
    wait_for(&emulator, &id, "Completed");
    for (method, path, body, status, expected) in [
        (
            "POST",
            format!("signing-requests/{id}/approve"),
            Value::Null,
            400,
            "a signing request in status Completed cannot be told to approve",
        ),
        (
            "POST",
            format!("signing-requests/{id}/bless"),
            Value::Null,
            404,
            "a signing request cannot be told to 'bless'; choose one of: approve, deny, cancel, release",
        ),
        (
            "POST",
            "signing-requests/latest/approve".to_owned(),
            Value::Null,
            404,
            "there is no signing request 'latest'",
        ),
        (
            "PUT",
            "workflow".to_owned(),
            json!({ "result": "Processing" }),
            400,
            "the body: `result` is Processing; expected a final status other than Denied",
        ),
    ] {
        let response = emulator.send(&Request::new(method, &format!("/emulator/{path}")).json(&body));
        assert_eq!(response.expect(status)["error"], expected);
    }
}

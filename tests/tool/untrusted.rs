//! What SignPath returns is not trusted: a wrong answer is refused, and nothing is pushed.

use serde_json::{Value, json};

use crate::bench::run;
use crate::service::Service;

/// Signs with an answer to one route that is wrong in some way; the reason in the message.
fn reason(fault: Value) -> String {
    let service = Service::new();
    let image = service.bench.push_image("app");
    service.emulator.tell("POST", "faults", fault);
    let message = service.refused(8, "rsa-3072", &[&image]);
    service.nothing_is_attached_to(&image);
    message
}

fn reason_of_artifact(artifact: &str) -> String {
    reason(json!({ "route": "signedArtifact", "artifact": artifact }))
}

#[test]
fn a_file_of_another_name_is_refused() {
    let message = reason_of_artifact("wrongFile");
    assert!(message.contains("the signed artifact is refused: payload.dsse.sig in it: "), "{message}");
}

#[test]
fn changed_metadata_is_refused_though_its_signature_verifies() {
    let message = reason_of_artifact("changedFile");
    assert!(message.contains("is refused: payload.dsse in it is "), "{message}");
}

#[test]
fn a_signature_by_another_key_and_one_over_other_bytes_are_refused() {
    for artifact in ["otherKey", "otherBytes"] {
        let message = reason_of_artifact(artifact);
        assert!(message.contains("does not verify over the metadata"), "{artifact}: {message}");
    }
}

#[test]
fn files_without_signatures_are_refused() {
    let message = reason_of_artifact("noSignature");
    assert!(message.contains("is refused: payload.dsse.sig in it: "), "{message}");
}

#[test]
fn a_truncated_archive_is_refused() {
    let message = reason_of_artifact("truncated");
    assert!(message.contains("is refused: no zip file: "), "{message}");
}

#[test]
fn a_name_that_leads_outside_is_refused() {
    let message = reason_of_artifact("parentPath");
    assert!(
        message.contains("is refused: the name \"../payload.dsse.sig\" in it leads outside"),
        "{message}"
    );
}

#[test]
fn a_signature_that_unpacks_to_a_gigabyte_is_refused() {
    let message = reason_of_artifact("bomb");
    assert!(message.contains("is refused: payload.dsse.sig in it is larger than 4096 bytes"), "{message}");
}

#[test]
fn an_answer_of_two_gigabytes_is_refused_within_bounded_memory() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let huge = json!({ "route": "signedArtifact", "body": { "spaces": 2_u64 << 30 }, "times": 1 });
    service.emulator.tell("POST", "faults", huge);
    // the address space of the whole process, libraries and stacks included
    let command = service.sign_image("rsa-3072", &[&image]);
    let mut limited = std::process::Command::new("bash");
    limited
        .args(["-c", "ulimit -v 1500000; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args());
    limited.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = run(limited.current_dir(service.bench.folder()));

    assert_eq!((ended.code, ended.output.as_str()), (Some(1), ""), "{}", ended.messages);
    assert!(ended.messages.contains("the answer is larger than 67108864 bytes"), "{}", ended.messages);
    service.nothing_is_attached_to(&image);
}

#[test]
fn a_pinned_key_is_not_replaced_by_what_signpath_says() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let pinned = crate::bench::public_key("p-256");

    let message = service.refused(8, "rsa-3072", &["--key", &pinned, &image]);
    assert!(message.contains("does not verify over the metadata"), "{message}");
    service.nothing_is_attached_to(&image);
}

//! What a registry answers is not trusted: it is limited, it stays on one line, and nothing is signed for it.

use crate::bench::{public_key, repository};
use crate::gate::Gate;
use crate::service::Service;

/// What is said of an image whose registry answers this for each manifest; SignPath must not have been asked.
fn message(status: &'static str, body: impl Into<Vec<u8>>) -> String {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let gate = Gate::answering(&service.bench.registry.address, status, body);
    let (_, name) = repository(&image).split_once('/').unwrap();
    let message = service.refused(7, "rsa-3072", &[&format!("{}/{name}:latest", gate.address)]);

    let submitted = service.emulator.control("audit");
    assert_eq!(submitted["signingRequests"].as_array().unwrap().len(), 0);
    message
}

#[test]
fn a_manifest_of_five_megabytes_is_not_read_to_its_end() {
    let message = message("200 OK", " ".repeat(5 << 20));

    assert!(message.contains("the answer has more than 4194304 bytes"), "{message}");
}

#[test]
fn what_is_no_manifest_is_not_signed() {
    for body in ["\u{0}\u{1}\u{2}", "[]", "{}", r#"{"schemaVersion":1}"#] {
        let message = message("200 OK", body);

        assert!(message.contains("is no manifest"), "{body}: {message}");
    }
}

#[test]
fn what_a_registry_says_cannot_begin_a_line_of_its_own() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let said = "no \u{1b}[31m\n##vso[task.complete result=Failed]\u{202e}";
    let gate = Gate::answering(&service.bench.registry.address, "403 Forbidden", said);
    let (_, name) = repository(&image).split_once('/').unwrap();
    let asked = format!("{}/{name}:latest", gate.address);
    let message = service.bench.tool_fails(7, &["verify", "--key", &public_key("p-256"), &asked]);

    let escaped = r"no \u{1b}[31m\n#\u{23}vso[task.complete result=Failed]\u{202e}";
    assert!(message.contains(escaped), "{message}");
}

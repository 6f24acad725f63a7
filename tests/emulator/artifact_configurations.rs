//! Artifact configurations: where they come from, what they may say, how parameters reach them.

use std::fs;

use serde_json::Value;

use crate::support::Emulator;
use crate::support::files::{
    PAYLOAD, audited, fields, form, get, packed, start, submit, unpacked, verifies, wait_for,
};
use crate::support::http::{Request, Response};
use crate::support::{folder, refusal};

fn within_root(inner: &str) -> String {
    format!(
        r#"<artifact-configuration xmlns="http://signpath.io/artifact-configuration/v1">{inner}</artifact-configuration>"#
    )
}

fn put(emulator: &Emulator, slug: &str, xml: &str) -> Response {
    let path = format!("/emulator/artifact-configurations/container-images/{slug}");
    emulator.send(&Request::new("PUT", &path).body("application/xml", xml))
}

const VERSIONED: &str = r#"
  <parameters><parameter name="version" default-value="1.0.0"/><parameter name="hash" required="true"/></parameters>
  <zip-file path="*.zip">
    <directory path="images">
      <file path="image-${version}.json">
        <create-raw-signature output-file-name="${file.name}.${hash}" hash-algorithm="${hash}" rsa-padding="pkcs1"/>
      </file>
    </directory>
  </zip-file>"#;

#[test]
fn parameters_stand_in_any_attribute() {
    let emulator = start(&[]);
    put(&emulator, "versioned", &within_root(VERSIONED)).expect(200);
    let mut fields = fields("rsa-2048", "versioned");
    fields.extend([("parameters.version", "2.1"), ("Parameters.hash", "sha256")]);
    let id = submit(&emulator, &fields, &packed("versioned", &[("images/image-2.1.json", PAYLOAD)]));
    wait_for(&emulator, &id, "Completed");
    let folder = unpacked("versioned", &get(&emulator, &id, "/SignedArtifact").body).join("images");
    let signature = folder.join("image-2.1.json.sha256");
    assert!(verifies("rsa-2048", &folder.join("image-2.1.json"), &signature));
    let data = get(&emulator, &id, "").expect(200);
    assert_eq!(data["parameters"].to_string(), r#"{"hash":"sha256","version":"2.1"}"#);
}

#[test]
fn a_parameter_that_is_missing_or_makes_no_sense_is_told_in_its_time() {
    let emulator = start(&[]);
    put(&emulator, "versioned", &within_root(VERSIONED)).expect(200);
    let archive = packed("senseless", &[("images/image-1.0.0.json", PAYLOAD)]);
    let mut fields = fields("rsa-2048", "versioned");
    let missing = emulator.send(&form(&fields, &archive)).validation_error();
    assert_eq!(missing, "Parameters.hash: The parameter 'hash' is required.");
    fields.push(("parameters.hash", "md5"));
    let id = submit(&emulator, &fields, &archive);
    wait_for(&emulator, &id, "ProcessingFailed");
    assert_eq!(
        audited(&emulator, &id)["reason"],
        "attribute 'hash-algorithm' has the value 'md5'; expected sha256, sha384 or sha512"
    );
}

#[test]
fn rsa_keys_need_a_padding_and_others_do_not() {
    let emulator = start(&[]);
    let example = r#"<zip-file><file path="myfile.bin">
        <create-raw-signature output-file-name="${file.name}.sig" hash-algorithm="sha256" />
      </file></zip-file>"#;
    put(&emulator, "documented", &within_root(example)).expect(200);
    let archive = packed("padding", &[("myfile.bin", "1")]);
    for (policy, expected) in [("p-256", "Completed"), ("rsa-2048", "ProcessingFailed")] {
        let id = submit(&emulator, &fields(policy, "documented"), &archive);
        wait_for(&emulator, &id, expected);
    }
}

#[test]
fn an_artifact_configuration_comes_with_the_command_line() {
    let file = folder("configuration").join("mine.xml");
    let inner = r#"<zip-file><file path="a"><create-raw-signature output-file-name="b" hash-algorithm="sha256"/></file></zip-file>"#;
    fs::write(&file, within_root(inner)).unwrap();
    let choice = format!("container-images/mine={}", file.display());
    let emulator = start(&["--artifact-configuration", &choice]);
    let archive = packed("command-line", &[("a", "1")]);
    let id = submit(&emulator, &fields("p-256", "mine"), &archive);
    wait_for(&emulator, &id, "Completed");
    emulator.control("POST", "reset", &Value::Null);
    let slugs = slugs(&emulator);
    assert_eq!(slugs, ["cosign", "detached-raw-signatures", "mine"], "a reset keeps it");
}

#[test]
fn a_wrong_one_on_the_command_line_is_named() {
    let file = folder("wrong-configuration").join("wrong.xml");
    fs::write(&file, within_root("<zip-file/>")).unwrap();
    let choice = format!("container-images/wrong={}", file.display());
    assert_eq!(
        refusal(&["--artifact-configuration", &choice]),
        format!(
            "signpath-emulator: --artifact-configuration {choice}: line 1: <zip-file> contains no files\n"
        )
    );
}

#[test]
fn a_wrong_one_is_answered_with_its_line_and_changes_nothing() {
    let emulator = start(&[]);
    let response = put(&emulator, "cosign", &within_root("\n<zip-file><pe-file path=\"a\"/></zip-file>"));
    assert_eq!(
        response.expect(400)["error"],
        "artifact configuration: line 2: the emulator does not know <pe-file> here"
    );
    let id = submit(&emulator, &fields("p-256", "cosign"), &packed("unchanged", &[("a", "1")]));
    wait_for(&emulator, &id, "Completed");
}

#[test]
fn one_is_removed_while_the_emulator_runs() {
    let emulator = start(&[]);
    emulator.control("DELETE", "artifact-configurations/container-images/cosign", &Value::Null);
    assert_eq!(slugs(&emulator), ["detached-raw-signatures"]);
    assert_eq!(emulator.send(&form(&fields("p-256", "cosign"), b"")).status, 400);
}

fn slugs(emulator: &Emulator) -> Vec<String> {
    let listed = emulator.observe("artifact-configurations");
    let listed = listed["artifactConfigurations"].as_array().unwrap();
    listed.iter().map(|entry| entry["artifactConfiguration"].as_str().unwrap().to_owned()).collect()
}
